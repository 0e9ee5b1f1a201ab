"""Features: filtered prices and suspect ones, from past bars only."""
