"""What would change: diff, guards and the stored Plan with people's decisions on it."""
