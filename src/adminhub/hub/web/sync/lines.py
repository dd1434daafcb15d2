"""A review's lines as the screen shows them: both sides, what would change, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from adminhub.hub.matching.values import ONLY_THE_NAME
from adminhub.hub.planning.diff import changed_fields, fields_of
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.planning.reading import MIS_FIELDS, HubRow, StagedRow, hub_rows, mis_fields, staged_rows
from adminhub.hub.planning.values import Value
from adminhub.hub.roster.models import Employee, Kind, Pupil, SchoolClass
from adminhub.hub.roster.queries import classes_of, kept_fields, member_counts, registration_groups_of
from adminhub.hub.roster.years import year_name
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedPupil
from adminhub.hub.web.shared.words import LABELS, in_sentence, text_of


@dataclass(frozen=True, slots=True)
class Side:
    """One record. `facts` are short texts, the code is a UPN or staff code."""

    name: str
    facts: tuple[str, ...]
    code: str = ""

    @property
    def html(self) -> SafeString:
        """What `hub/sync/side.html` shows, joined at once: a list has a hundred of them."""
        notes = [escape(fact) for fact in self.facts]
        if self.code:
            notes.append(f'<span class="code">{escape(self.code)}</span>')
        note = f'<span class="person__note">{" · ".join(notes)}</span>' if notes else ""
        name = f'<span class="person__name">{escape(self.name)}</span>'
        return SafeString(f'<span class="person">{name}{note}</span>')


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field that Save would write; `before` is blank where the hub has nothing yet."""

    label: str
    before: str
    after: str


@cache
def pill(status: MatchStatus) -> SafeString:
    """A status as a pill; rendered once, for a list shows it in every row."""
    return render_to_string("hub/sync/status.html", {"status": status.value})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the review."""

    row: MatchRow
    ours: Side | None
    theirs: Side | None
    fields: tuple[FieldShown, ...] = ()

    @property
    def changes(self) -> list[FieldShown]:
        """What the MIS has otherwise than the hub."""
        return [field for field in self.fields if field.before]

    @property
    def fills(self) -> str:
        """What the hub did not know yet, by name."""
        return ", ".join(in_sentence(field.label) for field in self.fields if not field.before)

    @property
    def pill(self) -> SafeString:
        return pill(MatchStatus(self.row.status))

    @property
    def likely(self) -> int:
        """How likely a pair that May match is, in percent; it never decides. 0: not said.

        It is not said of a pair of which only the name agrees: that the name is rare makes nobody certain.
        """
        is_said = self.needs_a_person and ONLY_THE_NAME not in self.row.reasons
        return min(99, round(100 * self.row.score)) if is_said else 0

    @property
    def name(self) -> str:
        side = self.ours or self.theirs
        return side.name if side else ""

    @property
    def is_pair(self) -> bool:
        return self.ours is not None and self.theirs is not None

    @property
    def needs_a_person(self) -> bool:
        return self.row.status == MatchStatus.MAY_MATCH

    @property
    def can_be_ignored(self) -> bool:
        """Whether the MIS's record stands alone, so that nobody would look as if they had left."""
        return self.ours is None and self.row.status in (MatchStatus.NEW, MatchStatus.MAY_MATCH)

    @property
    def is_new(self) -> bool:
        return self.row.status == MatchStatus.NEW


def shown(kind: Kind, snapshot_id: int, rows: Sequence[MatchRow]) -> list[Line]:
    """The lines of one page, with a number of queries that does not depend on how many there are."""
    ours = hub_rows(kind, [row.hub_id for row in rows if row.hub_id is not None])
    theirs = staged_rows(snapshot_id, kind, [row.staged_id for row in rows if row.staged_id is not None])
    pupils = [row for row in ours.values() if isinstance(row, Pupil)]
    our_groups = {key: group.name for key, group in registration_groups_of(pupils).items()} if pupils else {}
    their_groups = _group_names(snapshot_id, theirs.values())
    kept = kept_fields(kind) if ours and theirs else {}
    return [
        Line(
            row=row,
            ours=_our_side(ours[row.hub_id], our_groups) if row.hub_id in ours else None,
            theirs=_their_side(theirs[row.staged_id], their_groups) if row.staged_id in theirs else None,
            fields=_changes(kind, row, ours, theirs, kept.get(row.hub_id or 0, frozenset())),
        )
        for row in rows
    ]


def _group_names(snapshot_id: int, rows: Iterable[StagedRow]) -> dict[str, str]:
    wanted = {row.registration_group for row in rows if isinstance(row, StagedPupil)}
    if not wanted:
        return {}
    groups = StagedClass.objects.filter(
        snapshot_id=snapshot_id, kind=Kind.REGISTRATION.value, broker_id__in=wanted
    )
    return dict(groups.values_list("broker_id", "name"))


def _our_side(row: HubRow, groups: Mapping[int, str]) -> Side:
    if isinstance(row, Pupil):
        return _pupil(row, groups.get(row.pk, ""))
    return _class(row) if isinstance(row, SchoolClass) else _employee(row)


def _their_side(row: StagedRow, groups: Mapping[str, str]) -> Side:
    if isinstance(row, StagedPupil):
        return _pupil(row, groups.get(row.registration_group, ""))
    return _class(row) if isinstance(row, StagedClass) else _employee(row)


def _pupil(row: Pupil | StagedPupil, group: str) -> Side:
    born = f"born {_day(row.birthday)}" if row.birthday else ""
    facts = (year_name(row.year_group or ""), group, born)
    return Side(_name(row), tuple(filter(None, facts)), row.upn or "")


def _employee(row: Employee | StagedEmployee) -> Side:
    facts = (row.job or "", row.email or "")
    return Side(_name(row), tuple(filter(None, facts)), row.staff_code or "")


def _class(row: SchoolClass | StagedClass) -> Side:
    years = ", ".join(year_name(year) for year in row.year_groups)
    return Side(row.name, tuple(filter(None, (row.subject, years, row.description))))


def _name(row: Pupil | StagedPupil | Employee | StagedEmployee) -> str:
    forename = row.forename or row.legal_forename or ""
    surname = row.surname or row.legal_surname or ""
    return f"{forename} {surname}".strip()


def _changes(
    kind: Kind,
    row: MatchRow,
    ours: Mapping[int, HubRow],
    theirs: Mapping[int, StagedRow],
    kept: frozenset[str],
) -> tuple[FieldShown, ...]:
    """What Save would overwrite on a pair: not what the school keeps its own value of."""
    one, other = ours.get(row.hub_id or 0), theirs.get(row.staged_id or 0)
    if one is None or other is None:
        return ()
    before = fields_of(one, MIS_FIELDS[kind])
    after = changed_fields(before, mis_fields(other, kind, {}))
    return tuple(
        FieldShown(LABELS[name], text_of(name, before.get(name)), text_of(name, value))
        for name, value in after.items()
        if name not in kept
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of both sides. `same` is None when one side does not know it."""

    label: str
    ours: str
    theirs: str
    same: bool | None


def compared(kind: Kind, snapshot: Snapshot, row: MatchRow) -> list[Compared]:
    """Every field that either side of a line knows."""
    ours = hub_rows(kind, [row.hub_id] if row.hub_id else []).get(row.hub_id or 0)
    theirs = staged_rows(snapshot.pk, kind, [row.staged_id] if row.staged_id else []).get(row.staged_id or 0)
    names = (*MIS_FIELDS[kind], *(("email",) if kind == Kind.PUPIL else ()))
    left = fields_of(ours, names) if ours is not None else {}
    right = {**fields_of(theirs, names), **mis_fields(theirs, kind, {})} if theirs is not None else {}
    found = [
        Compared(
            LABELS[name],
            text_of(name, left.get(name)),
            text_of(name, right.get(name)),
            _same(left.get(name), right.get(name)),
        )
        for name in names
    ]
    return [*[field for field in found if field.ours or field.theirs], *_places(snapshot, ours, theirs)]


def _same(one: Value, other: Value) -> bool | None:
    """Whether both say the same; None when one of them says nothing."""
    return None if one in (None, "", []) or other in (None, "", []) else one == other


def _places(snapshot: Snapshot, ours: HubRow | None, theirs: StagedRow | None) -> list[Compared]:
    """In which classes a pupil is on both sides, or how many pupils a class has."""
    if isinstance(ours, SchoolClass) or isinstance(theirs, StagedClass):
        here = member_counts([ours])[ours.pk].pupils if isinstance(ours, SchoolClass) else 0
        there = _size(snapshot, theirs.broker_id) if isinstance(theirs, StagedClass) else 0
        both = here == there if here and there else None
        return [Compared("Pupils", str(here or ""), str(there or ""), both)]
    if isinstance(ours, Employee) or isinstance(theirs, StagedEmployee):
        return []
    kinds = (("Registration group", Kind.REGISTRATION), ("Subject classes", Kind.TEACHING))
    here_in = classes_of(ours) if isinstance(ours, Pupil) else []
    keys = [theirs.registration_group, *theirs.classes] if isinstance(theirs, StagedPupil) else []
    there_in = StagedClass.objects.filter(snapshot=snapshot, broker_id__in=keys).order_by("name")
    found = []
    for label, kind in kinds:
        one = ", ".join(each.name for each in here_in if each.kind == kind)
        other = ", ".join(each.name for each in there_in if each.kind == kind)
        if one or other:
            found.append(Compared(label, one, other, _same(one, other)))
    return found


def _size(snapshot: Snapshot, broker_id: str) -> int:
    members = Q(registration_group=broker_id) | Q(classes__contains=[broker_id])
    return StagedPupil.objects.filter(members, snapshot=snapshot).count()


def _day(day: date) -> str:
    return date_format(day, "j M Y")
