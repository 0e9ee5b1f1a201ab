"""Features: prices at which the market has turned, or traded most."""
