"""Lists and pages of teachers and pupils."""
