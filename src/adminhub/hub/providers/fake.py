"""A broker in memory, for tests and for trying things out; held to the real client by tests/contracts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from adminhub.hub.providers.directory import rank
from adminhub.hub.providers.errors import ConsentLost, ProviderError, SchoolUnknown
from adminhub.hub.providers.values import (
    Candidate,
    Changes,
    ConsentState,
    ConsentWord,
    Contact,
    Elsewhere,
    Finding,
    Permission,
    PulledClass,
    PulledEmployee,
    PulledPupil,
    RequestAnswer,
    SchoolDetails,
)

T = TypeVar("T", PulledEmployee, PulledClass, PulledPupil)


@dataclass
class FakeSchool:
    """One school of the fake broker: what it is, how its consent stands, and its data."""

    candidate: Candidate
    is_set_up: bool = True
    was_audited: bool = False
    state: ConsentState = field(default_factory=lambda: ConsentState(word=ConsentWord.NONE))
    employees: list[PulledEmployee] = field(default_factory=list)
    registration_groups: list[PulledClass] = field(default_factory=list)
    classes: list[PulledClass] = field(default_factory=list)
    pupils: list[PulledPupil] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    elsewhere: list[Elsewhere] | None = field(default_factory=list)
    """Leavers and who starts later; None: this broker does not let the hub read them."""
    withheld: dict[str, frozenset[str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """broker_ids of people whom the school keeps from the hub; take them from the lists as well."""
    changed: dict[str, datetime] = field(default_factory=dict)
    """When each record last changed, by broker_id; one that is not in it has never changed since the start."""
    deleted: dict[str, datetime] = field(default_factory=dict)


class FakeProvider:
    """A provider whose broker is here. Make its broker act with `approve`, `audit`, `decline`, `withdraw`.

    `fail_with` makes a call, or a pull after some pages, raise.
    """

    def __init__(self, schools: Sequence[FakeSchool] = (), *, per_page: int = 200) -> None:
        self.schools = {school.candidate.school_id: school for school in schools}
        self.requests: list[tuple[str, Contact | None]] = []
        self.reminders: list[str] = []
        self.revoked: list[str] = []
        self._per_page = per_page
        self._failures: dict[str, tuple[ProviderError, int]] = {}

    # What the broker's people do

    def set_up(self, school_id: str) -> None:
        """The school now has a MIS source and an administrator; a kept request goes on."""
        school = self._known(school_id)
        school.is_set_up = True
        school.state = msgspec.structs.replace(school.state, needs_setup=False)

    def approve(self, school_id: str) -> None:
        """The school's broker administrator approves; a school audited before is live at once."""
        word = ConsentWord.AUDITED if self._known(school_id).was_audited else ConsentWord.APPROVED
        self._become(school_id, ConsentState(word=word))

    def audit(self, school_id: str, *problems: str) -> None:
        """The broker checks the connection; with problems it fails."""
        found = tuple(Finding(sentence=problem, weight="problem") for problem in problems)
        if problems:
            self._become(
                school_id, ConsentState(word=ConsentWord.APPROVED, check_failed=True, findings=found)
            )
            return
        self._known(school_id).was_audited = True
        self._become(school_id, ConsentState(word=ConsentWord.AUDITED))

    def decline(self, school_id: str, reason: str) -> None:
        """The school's broker administrator says no."""
        self._become(school_id, ConsentState(word=ConsentWord.DECLINED, reason=reason))

    def withdraw(self, school_id: str, reason: str = "") -> None:
        """The school's broker administrator takes access back."""
        self._become(school_id, ConsentState(word=ConsentWord.REVOKED, reason=reason))

    def go_offline(self, school_id: str) -> None:
        """The broker no longer reaches the school's MIS."""
        school = self._known(school_id)
        school.state = msgspec.structs.replace(school.state, online=False)

    def publish(
        self,
        school_id: str,
        *,
        employees: Sequence[PulledEmployee] | None = None,
        registration_groups: Sequence[PulledClass] | None = None,
        classes: Sequence[PulledClass] | None = None,
        pupils: Sequence[PulledPupil] | None = None,
    ) -> None:
        """The school's MIS now says this; what is left out stays as it is."""
        school = self._known(school_id)
        if employees is not None:
            school.employees = _note(school, school.employees, employees)
        if registration_groups is not None:
            school.registration_groups = _note(school, school.registration_groups, registration_groups)
        if classes is not None:
            school.classes = _note(school, school.classes, classes)
        if pupils is not None:
            school.pupils = _note(school, school.pupils, pupils)

    def fail_with(self, problem: ProviderError, *, on: str, after_pages: int = 0) -> None:
        """From now on this call raises; a pull does so after so many pages."""
        self._failures[on] = (problem, after_pages)

    def work_again(self) -> None:
        """No call fails any more."""
        self._failures.clear()

    def _become(self, school_id: str, state: ConsentState) -> None:
        self._known(school_id).state = state

    # What the hub asks

    def search(self, details: SchoolDetails) -> list[Candidate]:
        self._may_fail("search")
        return rank(details, [school.candidate for school in self.schools.values()])

    def school(self, school_id: str) -> Candidate:
        self._may_fail("school")
        return self._known(school_id).candidate

    def request(self, school_id: str, contact: Contact | None = None) -> RequestAnswer:
        self._may_fail("request")
        school = self._known(school_id)
        self.requests.append((school_id, contact))
        if school.state.word in (ConsentWord.NONE, ConsentWord.DECLINED, ConsentWord.REVOKED):
            school.state = ConsentState(word=ConsentWord.PENDING, needs_setup=not school.is_set_up)
        return RequestAnswer(state=school.state.word.value, needs_setup=school.state.needs_setup)

    def remind(self, school_id: str) -> RequestAnswer:
        self._may_fail("remind")
        self.reminders.append(school_id)
        return RequestAnswer(state=self._known(school_id).state.word.value)

    def revoke(self, school_id: str) -> None:
        self._may_fail("revoke")
        self.revoked.append(school_id)
        if school_id in self.schools and self.schools[school_id].state.word != ConsentWord.NONE:
            self._become(school_id, ConsentState(word=ConsentWord.REVOKED))

    def state(self, school_id: str) -> ConsentState:
        self._may_fail("state")
        return self._known(school_id).state

    def permissions(self, school_id: str) -> list[Permission]:
        self._may_fail("permissions")
        return self._known(school_id).permissions

    def withheld(self, school_id: str) -> dict[str, frozenset[str]]:
        return self._known(school_id).withheld

    def hidden(self, school_id: str, broker_ids: Collection[str]) -> frozenset[str]:
        return self._known(school_id).hidden & set(broker_ids)

    def elsewhere(self, school_id: str, kind: str) -> Iterator[list[Elsewhere]]:
        self._must_be_readable(school_id)
        people = self._known(school_id).elsewhere
        if people is None:
            raise ConsentLost("The broker does not let Admin Hub read this list (403). Nothing has changed.")
        wanted = PulledEmployee if kind == "employee" else PulledPupil
        yield [one for one in people if isinstance(one.person, wanted)]

    def employees(self, school_id: str) -> Iterator[list[PulledEmployee]]:
        return self._pull("employees", school_id, self._known(school_id).employees)

    def registration_groups(self, school_id: str) -> Iterator[list[PulledClass]]:
        return self._pull("registration_groups", school_id, self._known(school_id).registration_groups)

    def classes(self, school_id: str) -> Iterator[list[PulledClass]]:
        return self._pull("classes", school_id, self._known(school_id).classes)

    def pupils(self, school_id: str) -> Iterator[list[PulledPupil]]:
        return self._pull("pupils", school_id, self._known(school_id).pupils)

    def totals(self, school_id: str) -> dict[str, int]:
        school = self._known(school_id)
        return {
            "pupils": len(school.pupils),
            "employees": len(school.employees),
            "classes": len(school.classes),
        }

    def changes(self, school_id: str, *, since: datetime) -> Changes:
        self._may_fail("changes")
        self._must_be_readable(school_id)
        school = self._known(school_id)

        def changed(rows: Iterable[T]) -> tuple[T, ...]:
            return tuple(row for row in rows if _is_after(school.changed.get(row.broker_id), since))

        return Changes(
            employees=changed(school.employees),
            registration_groups=changed(school.registration_groups),
            classes=changed(school.classes),
            pupils=changed(school.pupils),
            gone=frozenset(key for key, at in school.deleted.items() if at >= since),
            totals=self.totals(school_id),
        )

    def _pull(self, what: str, school_id: str, rows: list[T]) -> Iterator[list[T]]:
        self._must_be_readable(school_id)
        for number, start in enumerate(range(0, max(len(rows), 1), self._per_page)):
            self._may_fail(what, number)
            yield rows[start : start + self._per_page]
        self._may_fail(what, len(rows))

    def _must_be_readable(self, school_id: str) -> None:
        if self._known(school_id).state.word != ConsentWord.AUDITED:
            raise ConsentLost(
                "The broker does not let Admin Hub read this school (403). Nothing has changed."
            )

    def _known(self, school_id: str) -> FakeSchool:
        if school_id not in self.schools:
            raise SchoolUnknown("The broker does not know this school (404). Nothing has changed.")
        return self.schools[school_id]

    def _may_fail(self, call: str, pages_done: int = 0) -> None:
        problem, after = self._failures.get(call, (None, 0))
        if problem is not None and pages_done >= after:
            raise problem


def _note(school: FakeSchool, before: Sequence[T], after: Sequence[T]) -> list[T]:
    """Remember what of a list is new, different or gone, and when."""
    now = datetime.now(UTC)
    known = {row.broker_id: row for row in before}
    here = {row.broker_id for row in after}
    school.changed |= {row.broker_id: now for row in after if known.get(row.broker_id) != row}
    school.deleted |= {key: now for key in known if key not in here}
    school.deleted = {key: at for key, at in school.deleted.items() if key not in here}
    return list(after)


def _is_after(at: datetime | None, since: datetime) -> bool:
    return at is not None and at >= since
