"""From predictions and rules to votes, a consensus and one signal."""
