"""What a service is told when it cannot have what it asked for: OneRoster 1.2 REST §3, imsx_StatusInfo."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse

MEDIA_TYPE = "application/json"


class Refused(Exception):
    """A request that is answered with an error; `code` is one of imsx_codeMinorFieldValue."""

    def __init__(self, status: HTTPStatus, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description


def bad_request(code: str, description: str) -> Refused:
    """A parameter we cannot read."""
    return Refused(HTTPStatus.BAD_REQUEST, code, description)


def unknown(what: str) -> Refused:
    """Nothing of that id that this service may see."""
    return Refused(HTTPStatus.NOT_FOUND, "unknownobject", f"There is no such {what} for this client.")


def respond(refused: Refused) -> HttpResponse:
    """The body is flat, with nothing beside these four members."""
    minor = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": refused.code,
    }
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": refused.description,
        "imsx_CodeMinor": {"imsx_codeMinorField": [minor]},
    }
    response = HttpResponse(msgspec.json.encode(body), content_type=MEDIA_TYPE, status=refused.status)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "GET, HEAD"
    return response


def answered(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn a Refused into its answer; refuse every method but reading; let nobody cache."""

    @wraps(view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            if request.method not in ("GET", "HEAD"):
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "forbidden", "Rostering is read-only: use GET.")
            response = view(request, **parts)
        except Refused as refused:
            response = respond(refused)
        response["Cache-Control"] = "no-store"
        return response

    return answer
