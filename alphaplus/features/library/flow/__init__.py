"""Features: who buys and who sells, from trades and the order book."""
