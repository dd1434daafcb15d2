"""Answers that say no: always JSON, with what is wrong and what to do."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from adminhub.broker.api.wire import encode


class Refusal(Exception):
    """The call cannot be answered. `error` is the short word, the description a sentence for a developer."""

    status = 400
    error = "bad_request"

    def __init__(self, description: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "error_description": self.description}


class InvalidToken(Refusal):
    status = 401
    error = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class Forbidden(Refusal):
    status = 403
    error = "forbidden"


class NotFound(Refusal):
    status = 404
    error = "not_found"


class WrongMethod(Refusal):
    status = 405
    error = "method_not_allowed"


class OurFault(Refusal):
    status = 500
    error = "server_error"


class TooMany(Refusal):
    status = 429
    error = "too_many_requests"


class Unacceptable(Refusal):
    """A value that cannot be taken: 422 with the fields and what is wrong with each."""

    status = 422
    error = "invalid"

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("Some values cannot be used.")
        self.errors = errors

    def body(self) -> dict[str, Any]:
        return {"message": self.description, "errors": self.errors}


def answer_with(refusal: Refusal) -> HttpResponse:
    return HttpResponse(
        encode(refusal.body()),
        status=refusal.status,
        content_type="application/json",
        headers=refusal.headers,
    )
