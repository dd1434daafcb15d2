"""Accounts are made by schools and the hub, so nobody signs up alone or takes another address."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no stubs
    """Refuses self sign-up on every site."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: people are invited."""
        return False


def not_here(request: HttpRequest, **parts: str) -> HttpResponse:
    """Answer as if there were no such page."""
    raise Http404


# Invitations, roles and services know a person by the e-mail address, so it is not the person's to choose.
# Include before `allauth.account.urls`.
CLOSED_PAGES: list[URLPattern] = [
    path("email/", not_here),
    path("confirm-email/", not_here),
    path("confirm-email/<str:key>/", not_here),
]
