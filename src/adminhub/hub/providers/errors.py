"""Trouble with a broker, named after what to do next. Messages are for the screen, without personal data."""

from __future__ import annotations

from adminhub.hub.core.errors import HubError


class ProviderError(HubError):
    """Something went wrong between the hub and the broker. Nothing at the school has been changed by it."""


class TryLater(ProviderError):
    """The broker did not answer, was too busy or failed. The same call may work later.

    `retry_after` is in seconds, None when the broker did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConsentLost(ProviderError):
    """The broker knows us but will not give us this school (401, 403). Ask for the state, then the school."""


class SchoolUnknown(ProviderError):
    """The broker has no such school, or no longer (404)."""


class BrokerRefused(ProviderError):
    """The broker read the request and refused it (422). `messages` are its own words."""

    def __init__(self, message: str, *, messages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.messages = messages


class UnreadablePage(ProviderError):
    """An answer was not what the contract says: cut short, not JSON, the wrong shape, or a page twice."""


class IncompletePull(ProviderError):
    """Every page could be read, but fewer rows came than the broker says there are. Missing is not empty."""
