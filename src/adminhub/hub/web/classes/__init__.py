"""Lists and pages of classes and groups."""
