"""Two people beside each other, as the screens of Duplicates show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from django.utils.formats import date_format

from adminhub.hub.duplicates.finding import Alike
from adminhub.hub.duplicates.merging import FieldLine, Side, field_lines, which_stays
from adminhub.hub.duplicates.models import NotOnePerson
from adminhub.hub.duplicates.queries import Person, people_of, sides_of
from adminhub.hub.planning.reading import links
from adminhub.hub.planning.values import Change, ChangeKind
from adminhub.hub.roster.models import Kind, Pupil
from adminhub.hub.roster.queries import registration_groups_of
from adminhub.hub.roster.years import year_name
from adminhub.hub.web.shared.words import LABELS, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Pupils or staff: their names on screen and in addresses."""

    kind: Kind
    slug: str
    title: str
    noun: str
    one: str
    page: str


PUPILS = People(
    kind=Kind.PUPIL, slug="pupils", title="Pupils", noun="pupils", one="pupil", page="people:pupil"
)
STAFF = People(
    kind=Kind.EMPLOYEE,
    slug="teachers",
    title="Teachers",
    noun="teachers",
    one="teacher",
    page="people:teacher",
)
BOTH = (PUPILS, STAFF)


class PeopleConverter:
    """Turns pupils or teachers in an address into what the screens say of them."""

    regex = "pupils|teachers"

    def to_python(self, value: str) -> People:
        """The people of this address."""
        return PUPILS if value == PUPILS.slug else STAFF

    def to_url(self, value: People | str) -> str:
        """The address's part for these people."""
        return value.slug if isinstance(value, People) else value


@dataclass(frozen=True, slots=True)
class Card:
    """One of two people in short."""

    key: int
    sourced_id: str
    name: str
    facts: tuple[str, ...]
    link: str
    """What the chain says: synced, desynced or nothing."""


@dataclass(frozen=True, slots=True)
class PairShown:
    """Two people who are or may be one."""

    alike: Alike | None
    one: Card
    other: Card
    apart: NotOnePerson | None = None


def shown(kind: Kind, pairs: Sequence[Alike]) -> list[PairShown]:
    """A page of pairs, with a number of queries that does not depend on how many there are."""
    cards = _cards(kind, [key for pair in pairs for key in (pair.first, pair.second)])
    return [
        PairShown(pair, cards[pair.first], cards[pair.second])
        for pair in pairs
        if pair.first in cards and pair.second in cards
    ]


def shown_apart(kind: Kind, rows: Sequence[NotOnePerson]) -> list[PairShown]:
    """Pairs that a person told apart."""
    cards = _cards(kind, [key for row in rows for key in (row.first_id, row.second_id)])
    return [PairShown(None, cards[row.first_id], cards[row.second_id], row) for row in rows]


def _cards(kind: Kind, keys: Sequence[int]) -> dict[int, Card]:
    people = people_of(kind, keys)
    linked = links(kind)
    pupils = [person for person in people.values() if isinstance(person, Pupil)]
    groups = {key: group.name for key, group in registration_groups_of(pupils).items()} if pupils else {}
    return {key: _card(person, groups, linked) for key, person in people.items()}


def _card(person: Person, groups: Mapping[int, str], linked: Mapping[int, object]) -> Card:
    link = linked.get(person.pk)
    state = "" if link is None else "desynced" if getattr(link, "is_lost", False) else "synced"
    facts: tuple[str, ...]
    if isinstance(person, Pupil):
        born = f"born {date_format(person.birthday, 'j M Y')}" if person.birthday else ""
        facts = (year_name(person.year_group), groups.get(person.pk, ""), born, person.upn)
    else:
        facts = (person.job, person.email, person.staff_code)
    name = f"{person.forename} {person.surname}".strip()
    return Card(person.pk, str(person.sourced_id), name, tuple(filter(None, facts)), state)


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field of the comparison, in words."""

    line: FieldLine
    label: str
    kept: str
    other: str
    takes_other: bool

    @property
    def keeps(self) -> bool:
        return not self.takes_other


def fields_shown(lines: Sequence[FieldLine], chosen: Mapping[str, str]) -> list[FieldShown]:
    """The comparison, with what was chosen so far; what differs comes first."""
    found = [
        FieldShown(
            line=line,
            label=LABELS[line.name],
            kept=text_of(line.name, line.kept),
            other=text_of(line.name, line.other),
            takes_other=line.has_choice
            and (chosen[line.name] == "other" if line.name in chosen else line.takes_other),
        )
        for line in lines
    ]
    return sorted(found, key=lambda one: not one.line.has_choice)


@dataclass(frozen=True, slots=True)
class TogetherShown:
    """A pair that may be merged with others: who stays, who goes, and what becomes of the fields that differ."""

    alike: Alike
    stays: Card
    goes: Card
    taken: list[str]
    """Fields that the record that stays gets."""
    kept: list[tuple[str, str, str]]
    """Fields of which it keeps its own value: their label, that value and the other."""


def shown_together(kind: Kind, pairs: Sequence[Alike], owned_by_mis: Set[str]) -> list[TogetherShown]:
    """Pairs that may be merged several at once, as their comparison proposes it."""
    keys = [key for pair in pairs for key in (pair.first, pair.second)]
    cards, sides = _cards(kind, keys), sides_of(kind, keys)
    found = []
    for pair in pairs:
        stays, goes = which_stays(sides[pair.first], sides[pair.second])
        fields = fields_shown(field_lines(stays, goes, owned_by_mis=owned_by_mis), {})
        differing = [one for one in fields if not one.line.is_same and one.other]
        found.append(
            TogetherShown(
                pair,
                cards[stays.record.key],
                cards[goes.record.key],
                [f"{one.label}: gets {one.other}" for one in differing if one.takes_other],
                [(one.label, one.kept, one.other) for one in differing if one.keeps],
            )
        )
    return found


def consequences(changes: Sequence[Change], stays: Side, services: Mapping[str, str]) -> list[str]:
    """What the merge does besides the fields, in sentences. `services` are the names by slug."""
    said: list[str] = []
    enrolled = [
        change.reason.partition(" was in ")[2] for change in changes if change.kind is ChangeKind.ENROL
    ]
    past = [change for change in changes if change.kind is ChangeKind.SET_ROW and change.table == "enrolment"]
    granted = [
        services.get(str(change.after["service"]), "")
        for change in changes
        if change.kind is ChangeKind.GRANT
    ]
    told = sorted(
        {
            services.get(str(change.before["service"]), "")
            for change in changes
            if change.kind is ChangeKind.WITHDRAW
        }
    )
    groups = sum(
        change.table == "roster_group_membership" and change.kind is ChangeKind.SET_ROW for change in changes
    )
    if enrolled:
        said.append(f"joins {_listed(enrolled)}")
    if past:
        said.append(f"keeps {len(past)} former class{'es' if len(past) > 1 else ''} of the other record")
    if granted:
        said.append(f"gets access to {_listed(granted)}")
    if groups:
        said.append(f"joins {groups} of your own groups")
    if any(change.table == "mis_link" and change.kind is ChangeKind.SET_ROW for change in changes):
        said.append("takes over the link with your MIS")
    sentences = [f"The record that stays {one}." for one in said]
    if told:
        sentences.append(
            f"{_listed(told)} {'is' if len(told) == 1 else 'are'} told that the two are one, and move"
            f"{'s' if len(told) == 1 else ''} notes and results to the record that stays."
        )
    sentences.append(
        "The other record leaves every list and is kept, archived, so that all of this can be undone."
    )
    return sentences


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
