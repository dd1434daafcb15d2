"""Trouble with the hub, named after what to do next. Messages are for the screen; no personal data."""

from __future__ import annotations


class RosterTrouble(Exception):
    """The roster could not be read. What we held before is unchanged."""


class TryLater(RosterTrouble):
    """The hub did not answer, or was busy."""


class NotOurs(RosterTrouble):
    """The hub says this school has not bought Wellbeing, or does not know it."""


class UnreadableAnswer(RosterTrouble):
    """The hub answered with something that is no roster."""
