"""Features: which kind of market it is."""
