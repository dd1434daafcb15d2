"""Reading what one school was handed. Every query names its school."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from adminhub.wellbeing.notes.models import Note
from adminhub.wellbeing.roster.models import Employee, Enrolment, Membership, Pupil, School, SchoolClass, User

_HERE = Q(withdrawn_at__isnull=True)
_PUPILS_IN_CLASS = Enrolment.objects.filter(
    school_class=OuterRef("pk"), pupil__isnull=False, pupil__withdrawn_at__isnull=True
)

_NOTES = (
    Note.objects.filter(pupil=OuterRef("pk"))
    .order_by()
    .values("pupil")
    .annotate(number=Count("pk"))
    .values("number")
)


def memberships_of(user: User) -> list[Membership]:
    """The user's schools, by name."""
    return list(user.memberships.select_related("school").order_by("school__name"))


def employees_of(school: School, *, search: str = "") -> QuerySet[Employee]:
    """Staff with access, by surname, with the number of their classes."""
    rows = Employee.objects.filter(_HERE, school=school)
    for word in search.split():
        rows = rows.filter(Q(forename__icontains=word) | Q(surname__icontains=word))
    return rows.annotate(class_count=Count("enrolments")).order_by("surname", "forename", "pk")


def pupils_of(school: School, *, search: str = "", year: str = "") -> QuerySet[Pupil]:
    """Pupils with access, by surname, with their registration groups as `groups_in` and their `note_count`."""
    rows = Pupil.objects.filter(_HERE, school=school)
    for word in search.split():
        rows = rows.filter(Q(forename__icontains=word) | Q(surname__icontains=word))
    if year:
        rows = rows.filter(year_group=year)
    rows = rows.annotate(note_count=Coalesce(Subquery(_NOTES), 0))
    return rows.order_by("surname", "forename", "pk").prefetch_related(
        Prefetch(
            "enrolments",
            queryset=Enrolment.objects.filter(school=school, school_class__is_registration=True)
            .select_related("school_class")
            .order_by("school_class__name"),
            to_attr="groups_in",
        )
    )


def notes_on(pupil: Pupil) -> QuerySet[Note]:
    """The notes on a pupil, newest first, those that came with a merge included."""
    return Note.objects.filter(pupil=pupil).select_related("by").order_by("-at", "-pk")


def classes_of(school: School, *, search: str = "", kind: str = "") -> QuerySet[SchoolClass]:
    """Classes by name, each with its pupils (`pupil_count`), and those ready to be asked (`ready_count`)."""
    rows = SchoolClass.objects.filter(_HERE, school=school)
    for word in search.split():
        rows = rows.filter(Q(name__icontains=word) | Q(subject__icontains=word))
    if kind:
        rows = rows.filter(is_registration=kind == "registration")
    return rows.annotate(
        pupil_count=_number_of(_PUPILS_IN_CLASS),
        ready_count=_number_of(_PUPILS_IN_CLASS.exclude(pupil__year_group="")),
    ).order_by("-is_registration", "sorts_as", "pk")


def _number_of(rows: QuerySet[Enrolment]) -> Coalesce:
    """Counted row by row, so only for the rows on the page."""
    counted = rows.order_by().values("school_class").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def years_of(school: School) -> list[str]:
    """The year groups that pupils with access are in, youngest first."""
    found = Pupil.objects.filter(_HERE, school=school).exclude(year_group="")
    years = found.values_list("year_group", flat=True).distinct().order_by()
    early = {"N1": -3, "N2": -2, "R": 0}
    return sorted(years, key=lambda year: (early.get(year, int(year) if year.isdigit() else 99), year))


def counts_of(school: School) -> dict[str, int]:
    """How many of everything; `ready` pupils have a year group and a class."""
    pupils = Pupil.objects.filter(_HERE, school=school)
    in_a_class = Exists(Enrolment.objects.filter(pupil=OuterRef("pk")))
    return {
        "pupils": pupils.count(),
        "ready": pupils.exclude(year_group="").filter(in_a_class).count(),
        "staff": Employee.objects.filter(_HERE, school=school).count(),
        "classes": SchoolClass.objects.filter(_HERE, school=school).count(),
    }
