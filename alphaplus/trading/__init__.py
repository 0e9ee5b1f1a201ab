"""From a signal to an order and its result, in simulation and in replay."""
