"""Volume patterns as events: what volume says about the price, one step for all six."""
