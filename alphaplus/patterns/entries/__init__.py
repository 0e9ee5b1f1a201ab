"""Entry points: where a pattern says buy or sell, with entry, stop and target."""
