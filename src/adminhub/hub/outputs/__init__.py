"""What leaves the hub: reads the roster, never what is under review."""
