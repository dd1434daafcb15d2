"""Telling an app's own server that something about a school has changed."""
