"""Features: moving averages and what is built on them."""
