"""What the chart shows: candles, figures, smart-money zones, entry points. Its first patterns are still to come."""
