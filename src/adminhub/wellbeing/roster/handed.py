"""Reads one school's roster from the hub, by OneRoster 1.2, into frozen values."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

import httpx2
import msgspec

from adminhub.wellbeing.roster.errors import NotOurs, TryLater, UnreadableAnswer

PATH = "/ims/oneroster/rostering/v1p2"
PAGE = 5000
_SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
SCOPES = f"{_SCOPE}roster.readonly {_SCOPE}roster-demographics.readonly"
Row = TypeVar("Row", bound="HandedRow")


class HandedRow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What we read of every object. Whatever else is in it we leave alone."""

    sourced_id: str
    status: str = "active"


class Reference(msgspec.Struct, frozen=True, rename="camel"):
    """Points at another object."""

    sourced_id: str


class Role(msgspec.Struct, frozen=True):
    """What somebody is at the school."""

    role: str


class HandedSchool(HandedRow, frozen=True, rename="camel", kw_only=True):
    """The school."""

    name: str


class HandedUser(HandedRow, frozen=True, rename="camel", kw_only=True):
    """A pupil or a member of staff."""

    given_name: str
    family_name: str
    roles: list[Role]
    email: str = ""
    grades: list[str] = []
    metadata: dict[str, str] = {}

    @property
    def merged_into(self) -> str:
        """The record that took this one's place; blank: none did. The hub's extension of OneRoster."""
        return "" if self.status == "active" else self.metadata.get("mergedInto", "")

    @property
    def is_erased(self) -> bool:
        """The school has deleted this person for good, and so must we. The hub's extension of OneRoster."""
        return self.status != "active" and self.metadata.get("erased") == "true"

    @property
    def is_pupil(self) -> bool:
        return any(role.role == "student" for role in self.roles)

    @property
    def teaches(self) -> bool:
        return any(role.role == "teacher" for role in self.roles)


class HandedClass(HandedRow, frozen=True, rename="camel", kw_only=True):
    """A class."""

    title: str
    class_type: str = ""
    grades: list[str] = []
    subjects: list[str] = []


class HandedEnrolment(HandedRow, frozen=True, rename="camel", kw_only=True):
    """Who is in which class."""

    user: Reference
    class_: Reference = msgspec.field(name="class")


class HandedDemographics(HandedRow, frozen=True, rename="camel", kw_only=True):
    """A pupil's birthday and sex, as far as we may know them."""

    birth_date: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class HandedRoster:
    """Everything the hub hands over of one school. Whom it says are gone are in `gone`, and nowhere else."""

    began_at: datetime
    school: HandedSchool
    users: tuple[HandedUser, ...]
    gone: tuple[HandedUser, ...]
    classes: tuple[HandedClass, ...]
    enrolments: tuple[HandedEnrolment, ...]
    demographics: tuple[HandedDemographics, ...]


class HubRoster:
    """A client of the hub's OneRoster API. Keeps its token until shortly before it ends; thread-safe."""

    def __init__(
        self,
        *,
        hub_url: str,
        client_id: str,
        client_secret: str,
        seconds: float = 45.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._hub_url = hub_url.rstrip("/")
        self._credentials = (client_id, client_secret)
        self._seconds = seconds
        self._transport = transport
        self._lock = threading.Lock()
        self._token, self._ends_at = "", 0.0

    def read(self, school_id: UUID, *, now: datetime) -> HandedRoster:
        """Read one school. Raises TryLater, NotOurs or UnreadableAnswer; then nothing was read.

        Bounded in time: the whole reading has `seconds`, not each request.
        """
        deadline = time.monotonic() + self._seconds
        with httpx2.Client(
            base_url=self._hub_url, transport=self._transport, follow_redirects=False
        ) as client:
            reading = _Reading(self, client, deadline)
            school = reading.single(f"{PATH}/schools/{school_id}", "org", HandedSchool)
            ours = f"'{school_id}'"
            users = reading.all("users", "users", HandedUser, f"primaryOrg.sourcedId={ours}")
            return HandedRoster(
                began_at=now,
                school=school,
                users=_active(users),
                gone=tuple(user for user in users if user.status != "active"),
                classes=_active(reading.all(f"schools/{school_id}/classes", "classes", HandedClass)),
                enrolments=_active(
                    reading.all(f"schools/{school_id}/enrollments", "enrollments", HandedEnrolment)
                ),
                demographics=_active(
                    reading.all(
                        "demographics", "demographics", HandedDemographics, f"metadata.schoolSourcedId={ours}"
                    )
                ),
            )

    def token(self, client: httpx2.Client, *, timeout: float, is_fresh: bool = False) -> str:
        """A token that still lasts a minute, asked for when need be."""
        with self._lock:
            if is_fresh or time.monotonic() > self._ends_at - 60:
                answer = client.post(
                    "/identity/o/api/token",
                    data={"grant_type": "client_credentials", "scope": SCOPES},
                    auth=self._credentials,
                    timeout=timeout,
                )
                _check(answer)
                body = _decoded(answer, _Token)
                self._token, self._ends_at = body.access_token, time.monotonic() + body.expires_in
            return self._token


def _active(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.status == "active")


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


@dataclass(frozen=True)
class _Reading:
    """One reading of one school: the same client, token and deadline for all its requests."""

    hub: HubRoster
    client: httpx2.Client
    deadline: float

    def single(self, path: str, key: str, row: type[Row]) -> Row:
        answer = self._get(path, {})
        found = _decoded(answer, dict[str, row]).get(key)  # type: ignore[valid-type]
        if found is None:
            raise UnreadableAnswer("The Admin Hub answered without the school. Your roster is unchanged.")
        return found

    def all(self, path: str, key: str, row: type[Row], only: str = "") -> tuple[Row, ...]:
        """Every row, page by page; the hub's order is stable."""
        found: dict[str, Row] = {}
        offset, total = 0, 1
        while offset < total:
            parameters = {"limit": str(PAGE), "offset": str(offset), **({"filter": only} if only else {})}
            answer = self._get(f"{PATH}/{path}", parameters)
            rows: list[Row] = _decoded(answer, dict[str, list[row]]).get(key, [])  # type: ignore[valid-type]
            found |= {one.sourced_id: one for one in rows}
            total = int(answer.headers.get("x-total-count", "0"))
            offset += PAGE
        return tuple(found.values())

    def _get(self, path: str, parameters: dict[str, str]) -> httpx2.Response:
        try:
            token = self.hub.token(self.client, timeout=self._left())
            answer = self._send(path, parameters, token)
            if answer.status_code == 401:
                token = self.hub.token(self.client, timeout=self._left(), is_fresh=True)
                answer = self._send(path, parameters, token)
        except httpx2.HTTPError as trouble:
            raise TryLater(
                "The Admin Hub did not answer, so your roster is unchanged. Try again in a few minutes."
            ) from trouble
        _check(answer)
        return answer

    def _send(self, path: str, parameters: dict[str, str], token: str) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}"}
        return self.client.get(path, params=parameters, headers=headers, timeout=self._left())

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TryLater(
                "The Admin Hub took too long, so your roster is unchanged. Try again in a few minutes."
            )
        return left


def _check(answer: httpx2.Response) -> None:
    if answer.status_code == 404:
        raise NotOurs(
            "The Admin Hub has no subscription to Wellbeing for this school. Your roster is unchanged."
        )
    if answer.status_code == 429 or answer.status_code >= 500:
        raise TryLater("The Admin Hub is busy, so your roster is unchanged. Try again in a few minutes.")
    if answer.status_code != 200:
        raise UnreadableAnswer(
            f"The Admin Hub refused ({answer.status_code}), so your roster is unchanged. Tell Wellbeing's support."
        )


_Shape = TypeVar("_Shape")


def _decoded(answer: httpx2.Response, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):  # its text could quote what it read
        raise UnreadableAnswer(
            "The Admin Hub's answer could not be read, so your roster is unchanged. Tell Wellbeing's support."
        ) from None
