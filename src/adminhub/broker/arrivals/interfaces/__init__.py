"""Clients of other systems' interfaces: each pulls everything, or nothing."""
