"""Logging in, arriving, and accepting an invitation."""
