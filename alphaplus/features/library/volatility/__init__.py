"""Features: how far prices move."""
