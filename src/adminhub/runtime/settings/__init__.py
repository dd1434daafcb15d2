"""Settings of each site; the only place that reads the environment."""
