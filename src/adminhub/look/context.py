"""Puts the site's identity into every template."""

from django.http import HttpRequest

from adminhub.look.identity import Identity, identify


def look(request: HttpRequest) -> dict[str, Identity]:
    return {"look": identify(request)}
