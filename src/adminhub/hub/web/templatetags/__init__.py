"""Template tags of the hub's screens."""
