"""Routes to MIS data through a broker: request, state, pull, revoke. Plain Python, no Django."""
