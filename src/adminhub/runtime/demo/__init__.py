"""The demo: invented schools and people, seeded through the same code paths as real use."""
