"""What the chart shows: candles, chart figures, smart-money zones, volume patterns and entry points."""
