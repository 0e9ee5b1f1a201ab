"""Features: what the bars themselves say: returns, candle shapes, places in ranges."""
