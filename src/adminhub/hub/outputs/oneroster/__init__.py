"""OneRoster 1.2 rostering, read-only: what a service may know about the schools that bought it."""
