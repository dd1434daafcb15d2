"""Who may ask schools for data: apps, the permissions they declare, their tokens."""
