"""Smart money concepts: structure, order blocks, fair value gaps, liquidity, premium and discount."""
