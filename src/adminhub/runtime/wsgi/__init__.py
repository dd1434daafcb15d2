"""WSGI entry points, one module per site."""
