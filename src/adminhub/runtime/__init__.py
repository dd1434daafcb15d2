"""Runs the three sites together: settings, PostgreSQL, the supervisor behind `./hub up` and the demo."""
