"""Screens of the hub, by what the person is doing."""
