"""Logging in, and choosing what to administer."""
