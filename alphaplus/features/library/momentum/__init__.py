"""Features: speed and exhaustion of movement."""
