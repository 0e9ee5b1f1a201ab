"""Features: how much is traded, and at which prices."""
