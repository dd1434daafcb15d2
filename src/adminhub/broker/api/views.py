"""The API's calls: who calls, what may they see, one answer."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import msgspec
import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from adminhub.broker.api.callers import Caller, caller_of, consent_of, school_for, view_of
from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.errors import (
    Forbidden,
    NotFound,
    OurFault,
    Refusal,
    Unacceptable,
    WrongMethod,
    answer_with,
)
from adminhub.broker.api.filters import asked_inside, by_change, by_declared
from adminhub.broker.api.paging import cut, page_of, pagination
from adminhub.broker.api.permitted import include_tree, visible_includes
from adminhub.broker.api.reading import note_reading
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.schools import INCLUDES, acl_object, permission_objects, school_object, state_object
from adminhub.broker.api.serialising import columns_of, objects_of, serialise
from adminhub.broker.api.view import View
from adminhub.broker.api.wire import encode, moment, record_id
from adminhub.broker.consent import actions
from adminhub.broker.consent.access import access_in_force
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School
from adminhub.broker.directory.queries import filter_schools, search_schools
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import ANSWERING, PUPIL_TYPES

log = structlog.get_logger("adminhub.broker.api")
State = Consent.State
LISTS: dict[str, Q] = {
    "approved": Q(state__in=[State.APPROVED, State.AUDITED, State.AUDIT_FAILED]),
    "pending": Q(state__in=[State.PENDING, State.WAITING_FOR_SETUP]),
    "audited": Q(state=State.AUDITED),
    "declined": Q(state=State.DECLINED),
    "revoked": Q(state=State.REVOKED),
    "offline": Q(state__in=[State.APPROVED, State.AUDITED, State.AUDIT_FAILED])
    & ~Q(school__source__state__in=ANSWERING),
}
MOST_CONTACTS = 20
PEOPLE_TOLD_AS = {
    **dict.fromkeys(PUPIL_TYPES.values(), "pupil"),
    "employee": "employee",
    "contact": "contact",
}

Call = Callable[..., Any]


def call(method: str = "GET") -> Callable[[Call], Callable[..., HttpResponse]]:
    """Wrap a call: only this method, a live token, JSON out, refusals as JSON; open to scripts of any origin."""

    def wrap(view: Call) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @functools.wraps(view)
        def answer(request: HttpRequest, **where: str) -> HttpResponse:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
            else:
                response = _answer(view, method, request, where)
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Allow-Methods"] = f"{method}, OPTIONS"
            response.headers["Cache-Control"] = "no-store"
            return response

        return transaction.non_atomic_requests(answer) if method == "GET" else answer

    return wrap


def _answer(view: Call, method: str, request: HttpRequest, where: dict[str, str]) -> HttpResponse:
    try:
        if request.method != method and not (method == "GET" and request.method == "HEAD"):
            raise WrongMethod(f"Call this with {method}.", headers={"Allow": method})
        body = view(request, caller_of(request), **where)
    except Refusal as refusal:
        return answer_with(refusal)
    except Exception:
        log.exception("api call failed", view=view.__name__)
        if method != "GET":
            transaction.set_rollback(True)
        return answer_with(
            OurFault("Something went wrong on our side. Nothing was changed. Try again later.")
        )
    return HttpResponse(encode(body), content_type="application/json")


# --- Schools and the state of connections


@call()
def list_schools(request: HttpRequest, caller: Caller, *, which: str = "approved") -> dict[str, Any]:
    """Schools by the state of this app's connection to them."""
    consents = Consent.objects.filter(LISTS[which], app=caller.app).select_related(
        "school__source", "school__records_kept"
    )
    if caller.token.school_id is not None:
        consents = consents.filter(school_id=caller.token.school_id)
    consents = by_change(consents, request)
    page = page_of(request)
    found, has_more, ending = cut(consents, page, "updated_at", ("pk",))
    by_pk = {consent.pk: consent for consent in consents.filter(pk__in=[row[0] for row in found])}
    data = [school_object(by_pk[row[0]].school, by_pk[row[0]], includes=_included(request)) for row in found]
    return {
        "data": data,
        "meta": {
            "includes": INCLUDES,
            "pagination": pagination(request, page, has_more=has_more, ending=ending),
        },
    }


@call()
def list_all_schools(request: HttpRequest, caller: Caller) -> dict[str, Any]:
    """Search the directory. With `name` (ours): tolerant of slips, best first, each with its score and reasons."""
    if not request.GET.get("name", "").strip():
        return _filtered_schools(request)
    asked = {
        key: request.GET.get(key, "").replace("\x00", "")
        for key in ("name", "postcode", "urn", "la_code", "establishment_number")
    }
    page = page_of(request)
    candidates = search_schools(**asked, limit=min(page.per_page, 50))
    data = [
        {
            **school_object(found.school, includes=_included(request)),
            "match": {"score": found.score, "reasons": found.reasons},
        }
        for found in candidates
    ]
    shown = pagination(request, page, has_more=False, ending="")
    return {"data": data, "meta": {"includes": INCLUDES, "pagination": shown}}


def _filtered_schools(request: HttpRequest) -> dict[str, Any]:
    asked = {
        key: request.GET.get(key, "").replace("\x00", "")
        for key in ("postcode", "urn", "la_code", "establishment_number")
    }
    schools = by_change(filter_schools(**asked), request)
    page = page_of(request)
    found, has_more, ending = cut(schools, page, "name", ("pk",))
    by_pk = School.objects.select_related("source", "records_kept").in_bulk([row[0] for row in found])
    shown = pagination(request, page, has_more=has_more, ending=ending)
    return {
        "data": [school_object(by_pk[row[0]], includes=_included(request)) for row in found],
        "meta": {"includes": INCLUDES, "pagination": shown},
    }


@call()
def one_school(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """One school. Every school of the directory may be looked up by an app's own token."""
    school = school_for(caller, school_id)
    return {
        "data": school_object(school, consent_of(caller, school), includes=_included(request)),
        "meta": {"includes": INCLUDES},
    }


def _included(request: HttpRequest) -> set[str]:
    return {name.strip() for name in request.GET.get("include", "").split(",")}


@call("POST")
def request_access(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """Ask the school for access. The body may be empty, [], {} or name contacts at the school."""
    if caller.token.school_id is not None:
        raise Forbidden("Ask with the app's own token, not with a school's.")
    school = school_for(caller, school_id)
    contacts = _contacts(request.body)
    try:
        consent = actions.request_access(app=caller.app, school=school, by=caller.app, contacts=contacts)
    except NotPossible as problem:
        raise Forbidden(str(problem)) from None
    message = "Access request successfully received"
    if consent.is_approved:
        message = "Access has already been approved"
    elif _wants_reminder(request.body):
        try:
            consent = actions.remind(consent=consent, by=caller.app)
        except NotPossible as problem:
            raise Unacceptable({"reminder": [str(problem)]}) from None
        message = "A reminder was sent"
    return {
        "success": True,
        "state": consent.state_on_wire,
        "message": message,
        "needs_setup": consent.state == State.WAITING_FOR_SETUP,
    }


def _wants_reminder(body: bytes) -> bool:
    """Ours: `{"reminder": true}` sends the request's letter once more. Read after the contacts, so it is JSON."""
    read = msgspec.json.decode(body) if body.strip() else None
    return isinstance(read, dict) and read.get("reminder") is True


class _Contact(msgspec.Struct):
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    email_address: str | None = None
    notes: str | None = None


def _contacts(body: bytes) -> list[dict[str, str]]:
    """Raises Unacceptable when the body is not what was agreed."""
    if not body.strip():
        return []
    try:
        read = msgspec.json.decode(body)
        listed = read.get("contacts") if isinstance(read, dict) else read
        contacts = msgspec.convert(listed or [], list[_Contact])
    except (msgspec.DecodeError, msgspec.ValidationError) as problem:
        raise Unacceptable({"contacts": [f"Send a list of contacts ({problem})."]}) from None
    if len(contacts) > MOST_CONTACTS:
        raise Unacceptable({"contacts": [f"At most {MOST_CONTACTS} contacts."]})
    kept = [
        {key: (getattr(contact, key) or "").replace("\x00", "")[:500] for key in _Contact.__struct_fields__}
        for contact in contacts
    ]
    return [contact for contact in kept if any(contact.values())]


@call("DELETE")
def revoke_access(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """End this app's own access, or withdraw its request. Doing it twice is no mistake."""
    school = school_for(caller, school_id)
    consent = consent_of(caller, school)
    if consent is None:
        raise NotFound("This app has never asked this school for access.")
    if consent.state != State.REVOKED:
        try:
            actions.revoke(consent=consent, by=caller.app)
        except NotPossible as problem:
            raise Unacceptable({"state": [str(problem)]}) from None
    return {"success": True, "state": "revoked", "message": "Access revoked"}


@call()
def connection_state(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    school = school_for(caller, school_id)
    return {"data": state_object(school, consent_of(caller, school)), "meta": {"includes": []}}


@call()
def connection_permissions(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    school = school_for(caller, school_id)
    consent = consent_of(caller, school)
    rows = consent.permissions.select_related("permission") if consent is not None else []
    data = permission_objects(consent, rows) if consent is not None else []
    page = page_of(request)
    return {"data": data, "meta": {"pagination": pagination(request, page, has_more=False, ending="")}}


@call()
def access_control(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """Whom the school names in its rule for this app, of the kinds the app may read; mode null: everyone is shared."""
    school = school_for(caller, school_id)
    consent = consent_of(caller, school)
    data: dict[str, Any] = {"mode": None, "ids": []}
    if consent is not None and consent.is_live:
        with school_scope(school.pk):
            data = acl_object(
                access_in_force(consent),
                granted_identities(consent),
                with_type=request.GET.get("with_user_type", "").lower() in ("1", "true"),
            )
    return {"data": data, "meta": {"includes": []}}


# --- A school's people, classes and groups


@call()
def list_records(request: HttpRequest, caller: Caller, *, school_id: str, resource: str) -> dict[str, Any]:
    """One page of a resource, oldest change first (classes by name)."""
    declared, view = _seen(request, caller, school_id, resource)
    page = page_of(request)
    tree = include_tree(declared, request.GET.get("include", ""), view.granted)
    columns = columns_of(declared, tree, view.granted)
    with school_scope(view.school.pk):
        changed = by_change(view.served(declared), request, otherwise_at=view.otherwise_at)
        rows = by_declared(changed, declared, request, view)
        found, has_more, ending = cut(rows, page, declared.order, columns.selected)
        data = objects_of(declared, found, columns, tree, view)
        note_reading(caller=caller, view=view, resource=resource, tree=tree)
    return {
        "data": data,
        "meta": {
            "includes": visible_includes(declared, view.granted),
            "pagination": pagination(request, page, has_more=has_more, ending=ending),
        },
    }


@call()
def one_record(
    request: HttpRequest, caller: Caller, *, school_id: str, resource: str, number: str
) -> dict[str, Any]:
    declared, view = _seen(request, caller, school_id, resource)
    digits = number.removeprefix("A")
    tree = include_tree(declared, request.GET.get("include", ""), view.granted, of_one=True)
    with school_scope(view.school.pk):
        rows: QuerySet[Any] = view.served(declared).none()
        if digits.isascii() and digits.isdecimal() and len(digits) < 16:
            rows = view.served(declared).filter(pk=int(digits))
        found = serialise(declared, rows, tree, view)
        note_reading(caller=caller, view=view, resource=resource, tree=tree)
    if not found:
        raise NotFound(f"There is no record with this id among the {resource} of this school.")
    return {"data": found[0], "meta": {"includes": visible_includes(declared, view.granted, of_one=True)}}


def _seen(request: HttpRequest, caller: Caller, school_id: str, resource: str) -> tuple[Resource, View]:
    """The resource and for whom it is shown. Raises Forbidden without the consent or the permission."""
    view = view_of(caller, school_id)
    declared = RESOURCES[resource].asked_with(request.GET)
    if declared.permission not in view.granted:
        raise Forbidden(f"The school has not given this app the permission to read {resource}.")
    return declared, replace(view, inside=asked_inside(declared, request))


@call()
def list_deletions(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """Who and what is in a list no more, of the kinds this app may read and of those it was shown."""
    view = view_of(caller, school_id)
    asked = {part.strip() for part in request.GET.get("type", "").split(",") if part.strip()}
    kinds = [kind for kind in _readable(view.granted) if kind.wire_type]
    page = page_of(request)
    with school_scope(view.school.pk):
        history = view.history
        wanted = [kind for kind in kinds if not asked or asked & {kind.wire_type, kind.name}]
        told = view.deletions(wanted, history)
        rows = by_change(told, request, column="told_at")
        found, has_more, ending = cut(rows, page, "told_at", ("pk",))
        by_pk = told.in_bulk([row[0] for row in found])
        for deletion in by_pk.values():
            view.seen.add(PEOPLE_TOLD_AS.get(deletion.type, ""), [deletion.record_id])
        note_reading(caller=caller, view=view, resource="deletions", tree={})
    return {
        "data": [_deletion_object(by_pk[row[0]]) for row in found],
        "meta": {
            "includes": [],
            "pagination": pagination(request, page, has_more=has_more, ending=ending),
        },
    }


def _readable(granted: frozenset[str]) -> Iterable[Resource]:
    listed = (resource for resource in RESOURCES.values() if resource.is_listed)
    return (resource for resource in listed if resource.permission in granted)


def _deletion_object(deletion: Any) -> dict[str, Any]:
    return {
        "type": deletion.type,
        "id": record_id(deletion.record_id),
        "mis_id": deletion.mis_id,
        "deleted_at": moment(deletion.deleted_at),
        "restored_at": moment(deletion.told_restored_at),
    }


@call()
def counts(request: HttpRequest, caller: Caller, *, school_id: str) -> dict[str, Any]:
    """How many there are of each kind asked for in `include`, of those this app may read."""
    view = view_of(caller, school_id)
    readable = {resource.name: resource for resource in _readable(view.granted)}
    asked = [part.strip() for part in request.GET.get("include", "").split(",")]
    with school_scope(view.school.pk):
        data = {
            name: {"data": {"count": view.served(readable[name]).count()}}
            for name in asked
            if name in readable
        }
    shown = pagination(request, page_of(request), has_more=False, ending="")
    return {"data": data, "meta": {"includes": list(readable), "pagination": shown}}


@csrf_exempt
def nothing_here(request: HttpRequest, **where: str) -> HttpResponse:
    """Any other address under /v1.0/."""
    return answer_with(
        NotFound("There is nothing at this address. See the reference of the School Data API v1.0.")
    )
