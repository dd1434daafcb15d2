"""A school's access log, hour by hour: a walk over many pages is one line."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Sum
from django.db.models.functions import TruncHour

from adminhub.broker.api.models import Reading
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope

MOST_LINES = 2_000
# Names of resources that say less than a school needs, in its words; others say it themselves.
_WORDS = {
    "students": "Pupils",
    "students-leaver": "Pupils who have left",
    "students-pre-admission": "Pupils who start later",
    "employees": "Staff",
    "contacts": "Parents and carers",
    "deletions": "Who is there no more",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the log is wanted; None and empty texts ask for all of it."""

    app: str = ""
    resource: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one app read of one kind in one hour. People read in two calls are counted twice."""

    at: datetime
    app: str
    token_hint: str
    what: str
    details: list[str]
    calls: int
    pupils: int
    employees: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Log:
    """The lines, newest first, and what can be chosen of."""

    lines: list[Line]
    apps: list[tuple[str, str]]
    resources: list[tuple[str, str]]


def log_of(school: School, asked: Asked) -> Log:
    """At most the newest `MOST_LINES`."""
    with school_scope(school.pk):
        everything = Reading.objects.order_by()
        apps = everything.values_list("app_id", "app__name").distinct().order_by("app__name")
        kinds = everything.values_list("resource", flat=True).distinct().order_by("resource")
        rows = everything
        if asked.app.isdecimal():
            rows = rows.filter(app_id=int(asked.app[:9]))
        if asked.resource:
            rows = rows.filter(resource=asked.resource)
        if asked.since:
            rows = rows.filter(at__date__gte=asked.since)
        if asked.until:
            rows = rows.filter(at__date__lte=asked.until)
        hours = rows.annotate(hour=TruncHour("at")).values(
            "hour", "app__name", "token_hint", "resource", "includes"
        )
        counted = hours.annotate(
            calls=Count("pk"), pupils=Sum("pupils"), employees=Sum("employees"), contacts=Sum("contacts")
        ).order_by("-hour", "app__name", "resource", "includes")
        lines = [
            Line(
                at=row["hour"],
                app=row["app__name"],
                token_hint=row["token_hint"],
                what=in_words(row["resource"]),
                details=[in_words(path) for path in row["includes"].split(",") if path],
                calls=row["calls"],
                pupils=row["pupils"],
                employees=row["employees"],
                contacts=row["contacts"],
            )
            for row in counted[:MOST_LINES]
        ]
        return Log(
            lines,
            [(str(number), name) for number, name in apps],
            [(kind, in_words(kind)) for kind in kinds],
        )


def in_words(name: str) -> str:
    """ "attendance/session" and "contacts.contact_details", as a person would say them."""
    if name in _WORDS:
        return _WORDS[name]
    spoken = name.replace("/", ": ").replace(".", ": ").replace("_", " ").replace("-", " ")
    return spoken[:1].upper() + spoken[1:]
