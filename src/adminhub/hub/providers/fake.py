"""A broker in memory, for tests and for trying things out; held to the real client by tests/contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from adminhub.hub.providers.directory import rank
from adminhub.hub.providers.errors import ConsentLost, ProviderError, SchoolUnknown
from adminhub.hub.providers.values import (
    Candidate,
    ConsentState,
    ConsentWord,
    Contact,
    Finding,
    Permission,
    PulledClass,
    PulledEmployee,
    PulledPupil,
    RequestAnswer,
    SchoolDetails,
)

T = TypeVar("T")


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

    def employees(self, school_id: str) -> Iterator[list[PulledEmployee]]:
        return self._pull("employees", school_id, self._known(school_id).employees)

    def registration_groups(self, school_id: str) -> Iterator[list[PulledClass]]:
        return self._pull("registration_groups", school_id, self._known(school_id).registration_groups)

    def classes(self, school_id: str) -> Iterator[list[PulledClass]]:
        return self._pull("classes", school_id, self._known(school_id).classes)

    def pupils(self, school_id: str) -> Iterator[list[PulledPupil]]:
        return self._pull("pupils", school_id, self._known(school_id).pupils)

    def _pull(self, what: str, school_id: str, rows: list[T]) -> Iterator[list[T]]:
        if self._known(school_id).state.word != ConsentWord.AUDITED:
            raise ConsentLost(
                "The broker does not let Admin Hub read this school (403). Nothing has changed."
            )
        for number, start in enumerate(range(0, max(len(rows), 1), self._per_page)):
            self._may_fail(what, number)
            yield rows[start : start + self._per_page]
        self._may_fail(what, len(rows))

    def _known(self, school_id: str) -> FakeSchool:
        if school_id not in self.schools:
            raise SchoolUnknown("The broker does not know this school (404). Nothing has changed.")
        return self.schools[school_id]

    def _may_fail(self, call: str, pages_done: int = 0) -> None:
        problem, after = self._failures.get(call, (None, 0))
        if problem is not None and pages_done >= after:
            raise problem
