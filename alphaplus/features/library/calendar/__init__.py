"""Features: when a bar opened."""
