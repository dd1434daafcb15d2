"""What runs without a person: tasks and the schedule."""
