"""What comes from a broker, read once into frozen values. Plain Python."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec


class SchoolDetails(msgspec.Struct, frozen=True, kw_only=True):
    """How a school is looked for: what the coordinator confirmed. Blank: not known."""

    name: str
    postcode: str = ""
    urn: str = ""
    laestab: str = ""
    """Seven digits: LA code and establishment number."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A school's postal address. Blank: not given."""

    line_1: str = ""
    line_2: str = ""
    town: str = ""
    postcode: str = ""

    def __str__(self) -> str:
        return ", ".join(line for line in (self.line_1, self.line_2, self.town, self.postcode) if line)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A school in the broker's directory. `score` is 0–100, `reasons` say why it is that high."""

    school_id: str
    name: str
    urn: str = ""
    laestab: str = ""
    phase: str = ""
    mis: str = ""
    address: Address = Address()
    score: int = 0
    reasons: tuple[str, ...] = ()


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the coordinator names as the person who can approve. Blank: not known."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""


class RequestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The broker's answer to a request for access, or to a reminder of one."""

    state: str
    message: str = ""
    needs_setup: bool = False


class ConsentWord(StrEnum):
    """How far a school's consent is, in the broker's words."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    AUDITED = "audited"
    DECLINED = "declined"
    REVOKED = "revoked"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the broker's check looked at. `weight` is passed, remark or problem."""

    sentence: str
    weight: str = "remark"


class ConsentState(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker says about one school's consent, now.

    `check_failed` is only ever true while approved. `reason` is the
    school's, for a decline or a revocation; blank when it gave none or the broker does not pass it on.
    """

    word: ConsentWord
    online: bool = True
    needs_setup: bool = False
    check_failed: bool = False
    reason: str = ""
    findings: tuple[Finding, ...] = ()


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the app may or may not read at this school."""

    identity: str
    name: str
    group: str = ""
    is_optional: bool = False
    is_approved: bool = False
    parent: str = ""
    """Without that one, this one gives nothing."""


class PulledEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff, as `staging.StagedEmployee`. None: not permitted. Blank: empty in the MIS."""

    broker_id: str
    mis_id: str
    upi: str = ""
    title: str = ""
    forename: str = ""
    surname: str = ""
    legal_forename: str | None = None
    legal_surname: str | None = None
    email: str | None = None
    staff_code: str | None = None
    teacher_number: str | None = None
    job: str | None = None
    is_teaching: bool | None = None
    started: date | None = None
    """The day they came to the school; None: not permitted, or not known."""


class PulledPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil, as `staging.StagedPupil`. None: not permitted. Blank: empty in the MIS.

    `registration_group` and `classes` are broker ids; `sex` is F, M or blank; `year_group` N1 N2 R 1–14.
    """

    broker_id: str
    mis_id: str
    upi: str = ""
    forename: str = ""
    surname: str = ""
    legal_forename: str | None = None
    legal_surname: str | None = None
    middle_names: str | None = None
    birthday: date | None = None
    sex: str | None = None
    upn: str | None = None
    former_upn: str | None = None
    uln: str | None = None
    admission_number: str | None = None
    year_group: str | None = None
    registration_group: str | None = ""
    email: str | None = None
    classes: tuple[str, ...] | None = ()
    started: date | None = None
    """The day they came to the school; None: not permitted, or not known."""


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom the MIS knows and who is not at the school now. Nobody is ever linked to them."""

    person: PulledEmployee | PulledPupil
    is_expected: bool = False
    """They start later; without it, they have left."""


class PulledClass(msgspec.Struct, frozen=True, kw_only=True):
    """A registration group or a subject class, as `staging.StagedClass`; `kind` is roster.ClassKind's word.

    `employees` are broker ids, the main teacher first; None: who leads it is not permitted.
    """

    kind: str
    broker_id: str
    mis_id: str
    name: str
    subject: str = ""
    description: str = ""
    year_groups: tuple[str, ...] = ()
    employees: tuple[str, ...] | None = ()


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed at a school since a moment, read to the end. A record that is not named has not changed."""

    employees: tuple[PulledEmployee, ...] = ()
    registration_groups: tuple[PulledClass, ...] = ()
    classes: tuple[PulledClass, ...] = ()
    pupils: tuple[PulledPupil, ...] = ()
    gone: frozenset[str] = frozenset()
    """broker_ids of records that the broker names as deleted, or that say themselves that they have left."""
    totals: Mapping[str, int] = {}
    """As `Provider.totals` says, after all that."""


class Provider(Protocol):
    """What every route to MIS data offers. Raises only `providers.errors`.

    A pull yields lists of rows, a page at a time, and raises before its end when it is not whole: whoever
    reads it to the end without an exception has everything the broker has. No id comes twice.
    """

    def search(self, details: SchoolDetails) -> list[Candidate]:
        """Find the school in the broker's directory, best candidate first; empty when nothing is alike."""
        ...

    def school(self, school_id: str) -> Candidate:
        """Return one school of the directory, with its address."""
        ...

    def request(self, school_id: str, contact: Contact | None = None) -> RequestAnswer:
        """Ask the school for access. Asking twice is asking once."""
        ...

    def remind(self, school_id: str) -> RequestAnswer:
        """Ask the broker to send its letter to the school once more."""
        ...

    def revoke(self, school_id: str) -> None:
        """Give access up. Giving up what we do not have is no error."""
        ...

    def state(self, school_id: str) -> ConsentState:
        """Say how far the consent is."""
        ...

    def permissions(self, school_id: str) -> list[Permission]:
        """List what the app asked for and what of it is allowed."""
        ...

    def withheld(self, school_id: str) -> Mapping[str, frozenset[str]]:
        """Name the fields of each kind ("employee", "pupil") that the app asked for and may not read.

        A kind is not in it where the broker does not tell.
        """
        ...

    def hidden(self, school_id: str, broker_ids: Collection[str]) -> frozenset[str]:
        """Name those of these people whom the school keeps from the app; none where the broker does not tell."""
        ...

    def employees(self, school_id: str) -> Iterator[list[PulledEmployee]]:
        """Pull everybody who works at the school."""
        ...

    def registration_groups(self, school_id: str) -> Iterator[list[PulledClass]]:
        """Pull the registration groups."""
        ...

    def classes(self, school_id: str) -> Iterator[list[PulledClass]]:
        """Pull the subject classes."""
        ...

    def pupils(self, school_id: str) -> Iterator[list[PulledPupil]]:
        """Pull every pupil on roll."""
        ...

    def elsewhere(self, school_id: str, kind: str) -> Iterator[list[Elsewhere]]:
        """Pull the people of a kind ("employee", "pupil") whom the MIS knows and who are not here now."""
        ...

    def totals(self, school_id: str) -> Mapping[str, int]:
        """Say how many pupils, employees and classes the broker lists; a kind it does not count is not in it.

        Among the employees may be some who have left, whom a pull leaves out.
        """
        ...

    def changes(self, school_id: str, *, since: datetime) -> Changes:
        """Say what has changed since then, that moment included. Nothing follows from what is not in it."""
        ...
