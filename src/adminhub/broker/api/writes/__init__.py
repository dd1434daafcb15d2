"""What apps may write: each body's shape, and what of it is refused."""
