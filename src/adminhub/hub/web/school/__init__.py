"""The School tab: the school's details."""
