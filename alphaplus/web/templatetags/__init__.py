"""Template filters of AlphaPlus."""
