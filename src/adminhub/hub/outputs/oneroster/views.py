"""The 41 addresses of OneRoster 1.2 rostering: twelve collections, their single objects, seventeen relations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from adminhub.hub.core.scope import school_scope
from adminhub.hub.outputs.oneroster import paging
from adminhub.hub.outputs.oneroster.credentials import CORE, DEMOGRAPHICS, ROSTER, Caller, caller_of
from adminhub.hub.outputs.oneroster.entities import FIELDS
from adminhub.hub.outputs.oneroster.errors import MEDIA_TYPE, answered, unknown
from adminhub.hub.outputs.oneroster.mapping import PATH, SchoolYear, Wire, sessions
from adminhub.hub.outputs.oneroster.queries import SchoolRoster
from adminhub.hub.outputs.shown import note_what_is_new
from adminhub.hub.schools.models import School

Rows = Iterable[Any]


@dataclass(frozen=True)
class Collection:
    """How a collection is called in envelopes, and how its rows are found in one school."""

    many: str
    one: str
    load: Callable[[SchoolRoster, UUID | None], Rows] | None
    """None: the school year and its terms, which are the same for every school."""
    kinds: tuple[str, ...] = ()
    scopes: tuple[str, ...] = (CORE, ROSTER)


COLLECTIONS = {
    "orgs": Collection("orgs", "org", SchoolRoster.orgs),
    "schools": Collection("orgs", "org", SchoolRoster.orgs),
    "academicSessions": Collection("academicSessions", "academicSession", None, ("schoolYear", "term")),
    "terms": Collection("academicSessions", "academicSession", None, ("term",)),
    "gradingPeriods": Collection("academicSessions", "academicSession", None, ("gradingPeriod",)),
    "courses": Collection("courses", "course", SchoolRoster.courses),
    "classes": Collection("classes", "class", SchoolRoster.classes),
    "users": Collection("users", "user", SchoolRoster.users),
    "students": Collection("users", "user", SchoolRoster.pupils),
    "teachers": Collection("users", "user", SchoolRoster.teachers),
    "enrollments": Collection("enrollments", "enrollment", SchoolRoster.enrollments),
    "demographics": Collection(
        "demographics", "demographics", SchoolRoster.demographics, scopes=(DEMOGRAPHICS,)
    ),
}


def _of_class(roster: SchoolRoster, class_id: str, child: str) -> Rows | None:
    """Who is in a class. None: the class is not one of this school's."""
    if _find(roster.classes(_uuid(class_id))) is None:
        return None
    if child == "enrollments":
        return [row for row in roster.enrollments() if row.class_.sourced_id == class_id]
    is_pupil = child == "students"
    people = {
        str(row.person)
        for row in roster.enrolment_rows
        if str(row.school_class) == class_id and row.is_pupil == is_pupil
    }
    users = roster.pupils() if is_pupil else roster.employees()
    return [user for user in users if user.sourced_id in people]


def _of_course(roster: SchoolRoster, course_id: str, child: str) -> Rows | None:
    rows = [row for row in roster.classes() if row.course.sourced_id == course_id]
    return rows or None


def _of_school(roster: SchoolRoster, school_id: str, child: str) -> Rows | None:
    if roster.wire.school_id != school_id:
        return None
    if child == "terms":
        return [row for row in roster.wire.sessions() if row.type == "term"]
    load = COLLECTIONS[child].load
    return load(roster, None) if load else None


def _of_user(find: Callable[[SchoolRoster, UUID | None], Rows]) -> Callable[..., Rows | None]:
    def classes_of(roster: SchoolRoster, user_id: str, child: str) -> Rows | None:
        if _find(find(roster, _uuid(user_id))) is None:
            return None
        theirs = {str(row.school_class) for row in roster.enrolment_rows if str(row.person) == user_id}
        return [row for row in roster.classes() if row.sourced_id in theirs]

    return classes_of


def _of_term(roster: SchoolRoster, term_id: str, child: str) -> Rows | None:
    if roster.wire.year.term_sourced_id != term_id:
        return None
    return roster.classes() if child == "classes" else []


RELATIONS: dict[str, tuple[tuple[str, ...], Callable[[SchoolRoster, str, str], Rows | None]]] = {
    "classes": (("students", "teachers"), _of_class),
    "courses": (("classes",), _of_course),
    "schools": (("classes", "courses", "enrollments", "students", "teachers", "terms"), _of_school),
    "students": (("classes",), _of_user(SchoolRoster.pupils)),
    "teachers": (("classes",), _of_user(SchoolRoster.teachers)),
    "users": (("classes",), _of_user(SchoolRoster.users)),
    "terms": (("classes", "gradingPeriods"), _of_term),
}


@csrf_exempt
@transaction.non_atomic_requests
@answered
def collection(request: HttpRequest, *, name: str) -> HttpResponse:
    """GET /{collection}: what the service may see of every school that bought it."""
    wanted = COLLECTIONS.get(name)
    if wanted is None:
        raise unknown("collection")
    caller = caller_of(request, any_of=wanted.scopes)
    query = paging.read(request.GET, known=FIELDS[wanted.many])
    if wanted.load is None:
        rows = query.keep(row for row in _sessions() if row.type in wanted.kinds)
    else:
        rows = []
        for roster in _rosters(caller, only=query.only_school):
            rows.extend(query.keep(wanted.load(roster, None)))
    return _page(request, wanted, query, rows)


@csrf_exempt
@transaction.non_atomic_requests
@answered
def single(request: HttpRequest, *, name: str, sourced_id: str) -> HttpResponse:
    """GET /{collection}/{sourcedId}: one object, in the first school that has it."""
    wanted = COLLECTIONS.get(name)
    if wanted is None:
        raise unknown("collection")
    caller = caller_of(request, any_of=wanted.scopes)
    fields = paging.read_fields(request.GET, known=FIELDS[wanted.many])
    found = _find_one(caller, wanted, sourced_id)
    if found is None:
        raise unknown(wanted.one)
    if fields:
        built = msgspec.to_builtins(found)
        found = {field: built[field] for field in fields if field in built}
    return _json({wanted.one: found})


@csrf_exempt
@transaction.non_atomic_requests
@answered
def relation(request: HttpRequest, *, name: str, sourced_id: str, child: str) -> HttpResponse:
    """GET /{collection}/{sourcedId}/{collection}."""
    children, find = RELATIONS.get(name, ((), _of_school))
    if child not in children:
        raise unknown("collection")
    return _related(
        request,
        child,
        name,
        lambda roster: find(roster, sourced_id, child),
        only=_school_in(name, sourced_id),
    )


@csrf_exempt
@transaction.non_atomic_requests
@answered
def class_in_school(request: HttpRequest, *, school_id: str, class_id: str, child: str) -> HttpResponse:
    """GET /schools/{sourcedId}/classes/{sourcedId}/{collection}."""
    if child not in ("enrollments", "students", "teachers"):
        raise unknown("collection")
    return _related(
        request, child, "class", lambda roster: _of_class(roster, class_id, child), only=school_id
    )


@csrf_exempt
@transaction.non_atomic_requests
@answered
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address."""
    raise unknown("address")


def _related(
    request: HttpRequest,
    child: str,
    parent: str,
    find: Callable[[SchoolRoster], Rows | None],
    *,
    only: str | None,
) -> HttpResponse:
    """Answer with the relation in the first school whose roster has the parent. Needs the full roster scope."""
    caller = caller_of(request, any_of=(ROSTER,))
    wanted = COLLECTIONS[child]
    query = paging.read(request.GET, known=FIELDS[wanted.many])
    for roster in _rosters(caller, only=only):
        rows = find(roster)
        if rows is not None:
            return _page(request, wanted, query, query.keep(rows))
    raise unknown(parent)


def _rosters(caller: Caller, *, only: str | None = None) -> Iterator[SchoolRoster]:
    """The roster of each school that bought the service, each inside its own scope.

    What is news is noted before, in a transaction of its own, so that no page waits for the reading of another.
    """
    schools = School.objects.filter(subscriptions__service=caller.service).order_by("sourced_id")
    if only is not None:
        school_id = _uuid(only, or_none=True)
        schools = schools.filter(sourced_id=school_id) if school_id else schools.none()
    root, today = f"{settings.HUB_URL}{PATH}", timezone.localdate()
    for school in list(schools):
        wire = Wire(school=school, service=caller.service, root=root, today=today)
        with school_scope(school.pk):
            note_what_is_new(service=caller.service)
        with school_scope(school.pk):
            yield SchoolRoster(wire=wire, service=caller.service)


def _find_one(caller: Caller, wanted: Collection, sourced_id: str) -> Any:
    if wanted.load is None:
        return _find(row for row in _sessions() if row.type in wanted.kinds and row.sourced_id == sourced_id)
    by_uuid = wanted.many != "enrollments"
    only = _uuid(sourced_id) if by_uuid else None
    for roster in _rosters(caller, only=_school_in(wanted.many, sourced_id)):
        found = _find(row for row in wanted.load(roster, only) if row.sourced_id == sourced_id.lower())
        if found is not None:
            return found
    return None


def _school_in(name: str, sourced_id: str) -> str | None:
    return sourced_id if name in ("schools", "orgs") else None


def _sessions() -> list[Any]:
    return list(sessions(root=f"{settings.HUB_URL}{PATH}", year=SchoolYear.of(timezone.localdate())))


def _page(request: HttpRequest, wanted: Collection, query: paging.Query, rows: list[Any]) -> HttpResponse:
    """One page with its paging headers: OneRoster 1.2 REST §3.2.1 and RFC 8288."""
    chosen = query.order(rows)
    shown = [query.pick(row) for row in chosen[query.offset : query.offset + query.limit]]
    response = _json({wanted.many: shown})
    response["X-Total-Count"] = str(len(chosen))
    response["Link"] = paging.links(
        address=f"{settings.HUB_URL}{request.path}",
        parameters=request.GET,
        query=query,
        total=len(chosen),
    )
    return response


def _json(body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), content_type=MEDIA_TYPE)


def _find(rows: Rows) -> Any:
    return next(iter(rows), None)


def _uuid(text: str, *, or_none: bool = False) -> UUID | None:
    """Read a key of ours. Raises Refused (404) when it cannot be one, unless None is wanted."""
    try:
        return UUID(text)
    except ValueError:
        if or_none:
            return None
        raise unknown("object") from None
