"""Granting and withdrawing access to a service."""
