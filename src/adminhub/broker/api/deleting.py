"""Ours: an app's signed word that it has deleted a school's data after its access ended."""

import time
from typing import Any

import msgspec
from django.http import HttpRequest

from adminhub.broker.api.callers import Caller, consent_of, school_for
from adminhub.broker.api.errors import NotFound, Unacceptable
from adminhub.broker.api.views import call
from adminhub.broker.api.wire import moment
from adminhub.broker.apps.sealing import unseal
from adminhub.broker.consent.erasing import confirm_deletion
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.webhooks.tasks import is_signed

HEADER = "X-App-Signature"


class _Word(msgspec.Struct):
    name: str
    statement: str
    position: str = ""


@call("POST")
def confirm(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """Keep the confirmation, signed with the app's webhook secret as our webhooks are."""
    school = school_for(caller, school_id)
    consent = consent_of(caller, school)
    if consent is None:
        raise NotFound("This app has never asked this school for access.")
    word = _word(request.body)
    header = request.headers.get(HEADER, "")
    secret = unseal(caller.app.sealed_webhook_secret)
    if not is_signed(header, secret=secret, body=request.body, now=int(time.time())):
        raise Unacceptable(
            {"signature": [f"Sign the body with your webhook secret in {HEADER} (t=…,v1=…), made just now."]}
        )
    signed_by = ", ".join(filter(None, (word.name.strip(), word.position.strip())))
    try:
        erasure = confirm_deletion(
            consent=consent, by=caller.app, signed_by=signed_by, statement=word.statement, signature=header
        )
    except NotPossible as problem:
        raise Unacceptable({"state": [str(problem)]}) from None
    return {"success": True, "confirmed_at": moment(erasure.confirmed_at), "seal": erasure.seal}


def _word(body: bytes) -> _Word:
    try:
        word = msgspec.json.decode(body, type=_Word)
    except (msgspec.DecodeError, msgspec.ValidationError) as problem:
        raise Unacceptable({"body": [f"Send name, position and statement ({problem})."]}) from None
    if any("\x00" in text or len(text) > 2000 for text in (word.name, word.position, word.statement)):
        raise Unacceptable({"body": ["At most 2,000 characters each, and text only."]})
    return word
