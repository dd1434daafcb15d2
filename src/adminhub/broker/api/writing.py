"""Calls that write: permission, body, one action, and the write-back's id for an answer (wonde-api §2.4)."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from adminhub.broker.api import views
from adminhub.broker.api.callers import Caller, view_of
from adminhub.broker.api.declarations import Resource, Write
from adminhub.broker.api.errors import Forbidden, NotFound, Unacceptable, WrongMethod
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.view import View
from adminhub.broker.api.writes.asked import Asked, body_of
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.records.actions import Call, repeated, writing
from adminhub.broker.records.models import Writeback

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 100


@views.call("POST")
def create(request: HttpRequest, caller: Caller, *, school_id: str, resource: str) -> dict[str, Any]:
    """Write new records, all of them or none."""
    declared = RESOURCES[resource]
    return _write(request, caller, school_id, declared, declared.creates)


@views.call("PUT")
def replace(
    request: HttpRequest, caller: Caller, *, school_id: str, resource: str, number: str
) -> dict[str, Any]:
    """Put other values in place of a record's."""
    declared = RESOURCES[resource]
    return _write(request, caller, school_id, declared, declared.replaces, number)


@views.call("DELETE")
def remove(
    request: HttpRequest, caller: Caller, *, school_id: str, resource: str, number: str
) -> dict[str, Any]:
    """Serve a record no longer."""
    declared = RESOURCES[resource]
    return _write(request, caller, school_id, declared, declared.removes, number)


def _write(
    request: HttpRequest,
    caller: Caller,
    school_id: str,
    declared: Resource,
    write: Write | None,
    number: str | None = None,
) -> dict[str, Any]:
    view = view_of(caller, school_id)
    if write is None:
        raise WrongMethod(
            f"Apps cannot do this with {declared.name}.", headers={"Allow": allowed(declared, number)}
        )
    if not view.granted.issuperset((declared.permission, write.permission)):
        raise Forbidden(f"The school has not given this app the permission to write {declared.name}.")
    body = None if write.body is None else body_of(request.body, write.body)
    with writing(view.school):
        asked = Asked(view, declared, _call(request, caller, view, declared))
        writeback = _repeated(asked.call)
        if writeback is None:
            asked.record_id = _record(view, declared, number)
            writeback = write.carry_out(asked, body)
    return _answer(writeback)


def allowed(declared: Resource, number: str | None) -> str:
    """The methods of a list's address, or of one record's."""
    writes = (
        {"POST": declared.creates}
        if number is None
        else {"PUT": declared.replaces, "DELETE": declared.removes}
    )
    return ", ".join(["GET", *(method for method, write in writes.items() if write is not None)])


def _call(request: HttpRequest, caller: Caller, view: View, declared: Resource) -> Call:
    key = request.headers.get(KEY_HEADER, "").replace("\x00", "").strip() or None
    if key is not None and len(key) > LONGEST_KEY:
        raise Unacceptable({KEY_HEADER: [f"At most {LONGEST_KEY} characters."]})
    sent = f"{request.method} {request.path.rstrip('/')}\n".encode() + request.body
    return Call(
        by=caller.app,
        school=view.school,
        type=declared.name,
        digest=hashlib.sha256(sent).digest(),
        key=key,
    )


def _repeated(call: Call) -> Writeback | None:
    try:
        return repeated(call)
    except NotPossible as problem:
        raise Unacceptable({KEY_HEADER: [str(problem)]}) from None


def _record(view: View, declared: Resource, number: str | None) -> int:
    """The record this is about, if the app may see it. Raises NotFound."""
    if number is None:
        return 0
    digits = number.removeprefix("A")
    if digits.isascii() and digits.isdecimal() and view.served(declared).filter(pk=int(digits)).exists():
        return int(digits)
    raise NotFound(f"There is no record with this id among the {declared.name} of this school.")


def _answer(writeback: Writeback) -> dict[str, Any]:
    answer: dict[str, Any] = {"success": True, "writeback_id": writeback.broker_id}
    if writeback.record_id is not None:
        answer["id"] = f"A{writeback.record_id}"
    return answer


def by_method(**calls: Any) -> Any:
    """One address, a call for each method; any other is told what may be sent."""

    @csrf_exempt
    def choose(request: HttpRequest, **where: str) -> HttpResponse:
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        response: HttpResponse = calls.get(method, calls["GET"])(request, **where)
        return response

    return choose
