"""Site 3, a service that knows its school only by what the hub hands it."""
