"""Trouble with a service's server."""

from __future__ import annotations


class NotDelivered(Exception):
    """The service has not taken the message; try again later. Holds no personal data."""
