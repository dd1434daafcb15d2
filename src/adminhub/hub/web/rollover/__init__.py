"""Promotion: the end of a school year, prepared, previewed, applied at once or on a day, and undone."""
