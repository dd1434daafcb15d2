"""The address to which a school's own server sends its export: POST, one file or zip as the body."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from adminhub.broker.arrivals.actions import channel_of_token, receive
from adminhub.broker.arrivals.models import ChannelRun
from adminhub.broker.arrivals.values import LARGEST_TOTAL

Outcome = ChannelRun.Outcome
CHUNK = 1 << 20
LONGEST_NAME = 100
STATUS = {Outcome.PUBLISHED: 200, Outcome.UNCHANGED: 200, Outcome.HELD: 202, Outcome.REFUSED: 422}


@csrf_exempt  # no cookie counts here: the token in the header says who it is
@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Publish the body, or say why not. 200 published, 202 on hold, 422 not readable, 401 no such token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    channel = channel_of_token(token.strip()) if scheme.lower() == "bearer" else None
    if channel is None:
        return _answer(401, "This token opens nothing. Nothing was read. Make a new one in the portal.")
    length = int(request.headers.get("Content-Length") or 0)
    if not length:
        return _answer(422, "There was no file in the request. Nothing was read. Send the file as its body.")
    if length > min(LARGEST_TOTAL, settings.LARGEST_UPLOAD):
        return _answer(
            413, "The file is larger than 300 MB. Nothing was read. Send the export and nothing else."
        )
    with TemporaryDirectory(prefix="drop-") as folder:
        path = Path(folder) / _plain_name(request.GET.get("name", ""))
        with path.open("wb") as copy:
            while chunk := request.read(CHUNK):
                copy.write(chunk)
        if path.stat().st_size != length:
            return _answer(400, "The file did not arrive whole. Nothing was read. Send it again.")
        run = receive(channel=channel, path=path)
    message = run.message or f"{run.get_outcome_display()}."
    return _answer(STATUS[Outcome(run.outcome)], message, outcome=run.outcome, counts=run.counts)


def _answer(status: int, message: str, **more: object) -> HttpResponse:
    return JsonResponse({"message": message, **more}, status=status)


def _plain_name(name: str) -> str:
    """The name some formats need; never a path."""
    plain = Path(name.replace("\\", "/").replace("\0", "")).name[-LONGEST_NAME:]
    return plain if plain.strip(". ") else "export"
