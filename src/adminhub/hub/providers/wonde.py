"""The route through Wonde's School Data API v1.0, which our own broker speaks as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
import msgspec
import stamina

from adminhub.hub.providers import wonde_rows as rows
from adminhub.hub.providers import wonde_wire as wire
from adminhub.hub.providers.directory import rank
from adminhub.hub.providers.errors import (
    BrokerRefused,
    ConsentLost,
    IncompletePull,
    ProviderError,
    SchoolUnknown,
    TryLater,
    UnreadablePage,
)
from adminhub.hub.providers.values import (
    Candidate,
    Changes,
    ConsentState,
    ConsentWord,
    Contact,
    Elsewhere,
    Finding,
    Permission,
    Provider,
    PulledClass,
    PulledEmployee,
    PulledPupil,
    RequestAnswer,
    SchoolDetails,
)

T = TypeVar("T")
W = TypeVar("W", wire.PupilRow, wire.Employee, wire.SchoolClass, wire.Group, wire.Deletion)

ATTEMPTS = 3
LONGEST_WAIT = 5.0
"""Seconds we sleep inside a call when the broker asks us to wait; longer waits are the job's."""
_WORDS: dict[object, ConsentWord] = {
    **{word.value: word for word in ConsentWord},
    "waiting_for_setup": ConsentWord.PENDING,
    "audit_failed": ConsentWord.APPROVED,
}
LIST_STATES = (ConsentWord.PENDING, ConsentWord.DECLINED, ConsentWord.REVOKED)


class _Retry(Exception):
    """This attempt failed in a way that another may not."""

    def __init__(self, cause: str, wait: float | None = None) -> None:
        super().__init__(cause)
        self.wait = wait


class Pull(Generic[W, T]):
    """How one kind of record is pulled: what to ask for, how to read a row, which rows to leave out.

    `narrows` is asked for beside what has changed, where no count must agree.
    """

    def __init__(
        self,
        *,
        what: str,
        path: str,
        page: type[wire.Page[W]],
        include: str = "",
        read: Callable[[W], T],
        keep: Callable[[W], bool] = lambda _: True,
        counted_as: str = "",
        narrows: dict[str, str] | None = None,
    ) -> None:
        self.what, self.path = what, path
        self.read: Callable[[W], T] = read
        self.keep: Callable[[W], bool] = keep
        self.params = {"include": include} if include else {}
        self.decoder: msgspec.json.Decoder[wire.Page[W]] = msgspec.json.Decoder(page)
        self.counted_as = counted_as
        self.narrows = narrows or {}


EMPLOYEES = Pull(
    what="staff",
    path="employees",
    include="contact_details,employment_details",
    page=wire.Page[wire.Employee],
    read=rows.read_employee,
    keep=lambda row: not rows.has_left(row),
    counted_as="employees",
)
REGISTRATION_GROUPS = Pull(
    what="registration groups",
    path="groups",
    include="employees",
    page=wire.Page[wire.Group],
    read=rows.read_registration_group,
    keep=rows.is_registration_group,
    counted_as="groups",  # of every type: it is of these that the broker tells the number
    narrows={"type": "REGISTRATION"},
)
CLASSES = Pull(
    what="subject classes",
    path="classes",
    include="subject,employees",
    page=wire.Page[wire.SchoolClass],
    read=rows.read_class,
    counted_as="classes",
)
PUPILS = Pull(
    what="pupils",
    path="students",
    include="education_details,contact_details,registration,year,classes",
    page=wire.Page[wire.PupilRow],
    read=rows.read_pupil,
    counted_as="students",
)
ELSEWHERE: dict[str, tuple[Pull[Any, Elsewhere], ...]] = {
    "employee": (
        Pull(
            what="staff who have left",
            path="employees",
            include="contact_details,employment_details",
            page=wire.Page[wire.Employee],
            read=lambda row: Elsewhere(person=rows.read_employee(row)),
            keep=rows.has_left,
        ),
    ),
    "pupil": tuple(
        Pull(
            what=what,
            path=path,
            include="education_details,contact_details",
            page=wire.Page[wire.PupilRow],
            read=partial(rows.read_elsewhere, is_expected=is_expected),
        )
        for what, path, is_expected in (
            ("leavers", "students-leaver", False),
            ("pupils who start later", "students-pre-admission", True),
        )
    ),
}
DELETIONS = Pull(
    what="deletions", path="deletions", page=wire.Page[wire.Deletion], read=lambda row: row
)  # its `type` takes one kind at a time: we ask for all and know ours by their ids


@lru_cache(maxsize=8)
def _shared_client(base_url: str) -> httpx2.Client:
    """One client, and so one pool of connections, per broker and process; it holds no token."""
    return httpx2.Client(follow_redirects=False)


class WondeProvider:
    """Asks a broker that speaks the School Data API. See `values.Provider` for what each call promises.

    `token` is the app's and asks about schools; `school_token`, when there is one, reads the school's data.
    A page that a person waits for asks once with a short `timeout`; a job is more patient.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        school_token: str = "",
        broker_name: str = "the broker",
        per_page: int = 200,
        attempts: int = ATTEMPTS,
        timeout: float = 30.0,
        client: httpx2.Client | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._token = token
        self._school_token = school_token or token
        self._broker = broker_name
        self._per_page = per_page
        self._attempts = attempts
        self._timeout = httpx2.Timeout(timeout, connect=min(5.0, timeout))
        self._client = client or _shared_client(self._base)

    # Asking about schools

    def search(self, details: SchoolDetails) -> list[Candidate]:
        """Ask by each number and by the name in turn: Wonde wants all its filters to agree, typing slips do not."""
        asked: list[dict[str, str]] = []
        if details.urn:
            asked.append({"urn": details.urn})
        if len(details.laestab) == 7:
            asked.append({"la_code": details.laestab[:3], "establishment_number": details.laestab[3:]})
        if details.postcode:
            asked.append({"postcode": details.postcode})
        if details.name:
            asked.append({"name": details.name})  # our broker's addition; Wonde ignores it
        found: list[wire.School] = []
        for params in asked:
            found += self._get("schools/all", wire.Page[wire.School], {**params, "per_page": "50"}).data
        return rank(details, [rows.read_school(school) for school in found])

    def school(self, school_id: str) -> Candidate:
        """Return one school of the directory."""
        answer = self._get(f"schools/{quote(school_id, safe='')}", wire.One[wire.School])
        if answer.value is None:
            raise SchoolUnknown(f"{self._broker} has no such school. Nothing has changed. Search again.")
        return rows.read_school(answer.value)

    def request(self, school_id: str, contact: Contact | None = None) -> RequestAnswer:
        """Ask for access (wonde-api §2.1)."""
        body: dict[str, Any] = {}
        if contact is not None and contact != Contact():
            body["contacts"] = [
                {
                    "first_name": contact.first_name,
                    "last_name": contact.last_name,
                    "phone_number": contact.phone,
                    "email_address": contact.email,
                    "notes": contact.notes,
                }
            ]
        return self._ask(school_id, body)

    def remind(self, school_id: str) -> RequestAnswer:
        """Ask again with `reminder`, which our broker understands; to Wonde it is the same request once more."""
        return self._ask(school_id, {"reminder": True})

    def revoke(self, school_id: str) -> None:
        """Give access up; a school that we do not have (any more) is fine."""
        try:
            self._send("DELETE", f"schools/{quote(school_id, safe='')}/revoke-access", self._token)
        except (SchoolUnknown, BrokerRefused):
            return

    def state(self, school_id: str) -> ConsentState:
        """Ask for the school's flags; where they say no more than "not approved", look in the lists."""
        try:
            answer = self._get(f"meta/schools/{quote(school_id, safe='')}", wire.One[wire.SchoolState])
            flags = answer.value or wire.SchoolState()
        except (ConsentLost, SchoolUnknown):
            flags = wire.SchoolState()  # Wonde may refuse this before approval; the lists tell
        word = _word(flags)
        reason = flags.reason or ""
        if word is None:
            word, reason = self._listed(school_id)
        return ConsentState(
            word=word,
            online=flags.online is not False,
            needs_setup=flags.state == "waiting_for_setup",
            check_failed=flags.state == "audit_failed",
            reason=reason,
            findings=_findings(flags.findings),
        )

    def permissions(self, school_id: str) -> list[Permission]:
        """List the app's permissions at this school."""
        path = f"meta/schools/{quote(school_id, safe='')}/permissions"
        return [
            Permission(
                identity=row.identity,
                name=row.name or row.identity,
                group=row.group or "",
                is_optional=bool(row.optional),
                is_approved=bool(row.approved),
                parent=str(row.parent or ""),
            )
            for row in self._get(path, wire.Page[wire.Permission]).data
        ]

    def withheld(self, school_id: str) -> dict[str, frozenset[str]]:
        """Read it from the names of the app's permissions, which follow one pattern (wonde-api §3)."""
        try:
            return rows.read_withheld(self.permissions(school_id))
        except (ConsentLost, SchoolUnknown, BrokerRefused, UnreadablePage):
            return {}  # it is told on screens and decides nothing: the data itself has no value where this counts

    def hidden(self, school_id: str, broker_ids: Collection[str]) -> frozenset[str]:
        """Ask for the school's rule on whom this app may see (wonde-api §2.1, acl)."""
        try:
            answer = self._get(f"meta/{_school(school_id)}/acl", wire.One[wire.AccessRule])
        except (ConsentLost, SchoolUnknown, BrokerRefused, UnreadablePage):
            return frozenset()
        return rows.read_hidden(answer.value or wire.AccessRule(), broker_ids)

    def knows_token(self, token: str) -> bool:
        """Whether the broker answers to this token."""
        try:
            self._send("GET", "schools", token, params={"per_page": "1"})
        except ConsentLost:
            return False
        return True

    # Pulling data

    def employees(self, school_id: str) -> Iterator[list[PulledEmployee]]:
        """Pull everybody who works at the school."""
        return self._pull(EMPLOYEES, school_id)

    def registration_groups(self, school_id: str) -> Iterator[list[PulledClass]]:
        """Pull the registration groups."""
        return self._pull(REGISTRATION_GROUPS, school_id)

    def classes(self, school_id: str) -> Iterator[list[PulledClass]]:
        """Pull the subject classes."""
        return self._pull(CLASSES, school_id)

    def pupils(self, school_id: str) -> Iterator[list[PulledPupil]]:
        """Pull every pupil on roll."""
        return self._pull(PUPILS, school_id)

    def elsewhere(self, school_id: str, kind: str) -> Iterator[list[Elsewhere]]:
        """Pull leavers and who starts later, each from a list of its own (wonde-api §2.2)."""
        for pull in ELSEWHERE[kind]:
            yield from self._pull(pull, school_id)

    def changes(self, school_id: str, *, since: datetime) -> Changes:
        """Ask each list for what was updated since, then for deletions and totals: wonde-api §1, §2.3."""
        after = {"updated_after": since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")}
        left: set[str] = set()

        def changed(pull: Pull[W, T]) -> tuple[T, ...]:
            url = f"{self._base}/{_school(school_id)}/{pull.path}"
            narrowed = {**pull.narrows, **after}
            return tuple(row for page in self._pages(pull, url, set(), narrowed, left) for row in page)

        employees, groups = changed(EMPLOYEES), changed(REGISTRATION_GROUPS)
        classes, pupils = changed(CLASSES), changed(PUPILS)
        back = {row.broker_id for rows in (employees, groups, classes, pupils) for row in rows}
        deleted = {row.id for row in changed(DELETIONS) if not (row.restored_at and row.restored_at.date)}
        return Changes(
            employees=employees,
            registration_groups=groups,
            classes=classes,
            pupils=pupils,
            gone=frozenset((deleted | left) - back),
            totals=self.totals(school_id),
        )

    def totals(self, school_id: str) -> dict[str, int]:
        """Ask for the counts: wonde-api §2.3."""
        counts = self._counts(_school(school_id), "students,employees,classes")
        if counts is None:
            return {}
        asked = {"pupils": counts.students, "employees": counts.employees, "classes": counts.classes}
        return {
            kind: found.value.count
            for kind, found in asked.items()
            if found and found.value and found.value.count is not None
        }

    def _pull(self, pull: Pull[W, T], school_id: str) -> Iterator[list[T]]:
        school = _school(school_id)
        promised = self._promised(pull, school)
        seen: set[str] = set()
        yield from self._pages(pull, f"{self._base}/{school}/{pull.path}", seen)
        if promised is not None and len(seen) < promised:
            # Somebody may have left while we read. Then the count has gone down as well; else a page is missing,
            # and it may be a short one.
            promised = self._promised(pull, school)
        if promised is not None and len(seen) < promised:
            raise IncompletePull(
                f"{self._broker} says there are {promised} {pull.what}, but sent {len(seen)}. "
                f"Nothing has changed. Start the sync again; if it happens again, tell {self._broker}."
            )

    def _pages(
        self,
        pull: Pull[W, T],
        url: str,
        seen: set[str],
        narrowed: dict[str, str] | None = None,
        left: set[str] | None = None,
    ) -> Iterator[list[T]]:
        """The pages' rows. The ids of all go into `seen`, of those that are not kept into `left`."""
        params: dict[str, str] | None = {**pull.params, **(narrowed or {}), "per_page": str(self._per_page)}
        visited: set[str] = set()
        number = 0
        while url:
            number += 1
            body = self._send("GET", url, self._school_token, params=params)
            page = self._decode(body, pull.decoder, f"Page {number} of the {pull.what}")
            fresh = [row for row in page.data if row.id not in seen]
            if page.data and not fresh:
                raise self._unreadable(f"Page {number} of the {pull.what}", "the same page came twice")
            seen.update(row.id for row in fresh)
            if left is not None:
                left.update(row.id for row in fresh if not pull.keep(row))
            visited.add(url)
            url, params = self._next(page.pagination, url, number, pull.what), None
            if url in visited:
                raise self._unreadable(f"Page {number} of the {pull.what}", "its pages go round in a circle")
            try:
                yield [pull.read(row) for row in fresh if pull.keep(row)]
            except ValueError:
                raise self._unreadable(
                    f"Page {number} of the {pull.what}", "it holds a date that is none"
                ) from None

    def _next(self, pagination: wire.Pagination | None, url: str, number: int, what: str) -> str:
        """The next page's address, as the broker gave it; blank at the end.

        The token only ever goes to the broker's own address: behind a proxy the broker names another host for
        the same list, and then only its query is taken.
        """
        if pagination is None:
            return ""
        if pagination.current_page is not None and pagination.current_page != number:
            raise self._unreadable(
                f"Page {number} of the {what}", f"page {pagination.current_page} came instead"
            )
        if not pagination.next:
            if pagination.more:
                raise self._unreadable(
                    f"Page {number} of the {what}", "it does not say where the next one is"
                )
            return ""
        ours, theirs = urlsplit(self._base), urlsplit(pagination.next)
        if (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc) and theirs.path.startswith(ours.path):
            return pagination.next
        here = url.partition("?")[0]
        if theirs.path.rstrip("/").endswith(here.removeprefix(self._base)):
            return f"{here}?{theirs.query}"
        raise self._unreadable(f"Page {number} of the {what}", "the next one is on another host")

    def _promised(self, pull: Pull[W, T], school: str) -> int | None:
        """How many rows the broker says there are; None when it does not tell."""
        if not pull.counted_as:
            return None
        counts = self._counts(school, pull.counted_as)
        found = getattr(counts, pull.counted_as, None) if counts else None
        return found.value.count if found and found.value else None

    def _counts(self, school: str, kinds: str) -> wire.Counts | None:
        try:
            body = self._send("GET", f"{school}/counts", self._school_token, params={"include": kinds})
            return self._decode(body, _COUNTS, "The counts").value
        except (ConsentLost, SchoolUnknown, BrokerRefused, UnreadablePage):
            return None  # the counts are a help, not a must: the pull itself says what is wrong

    # The wire

    def _ask(self, school_id: str, body: dict[str, Any]) -> RequestAnswer:
        path = f"schools/{quote(school_id, safe='')}/request-access"
        answer = self._decode(self._send("POST", path, self._token, json=body), _ANSWER, "The answer")
        return RequestAnswer(
            state=answer.state or ConsentWord.PENDING.value,
            message=answer.message or "",
            needs_setup=bool(answer.needs_setup),
        )

    def _listed(self, school_id: str) -> tuple[ConsentWord, str]:
        for word in LIST_STATES:
            url, params = f"{self._base}/schools/{word.value}", {"per_page": "200"}
            for number in range(1, 51):
                body = self._send("GET", url, self._token, params=params if number == 1 else None)
                page = self._decode(body, _SCHOOLS, f"The list of {word.value} schools")
                for school in page.data:
                    if school.id == school_id:
                        return word, school.reason or ""
                url = self._next(page.pagination, url, number, f"{word.value} schools")
                if not url:
                    break
        return ConsentWord.NONE, ""

    def _get(self, path: str, shape: type[T], params: dict[str, str] | None = None) -> T:
        body = self._send("GET", path, self._token, params=params)
        return self._decode(body, _decoder(shape), "The answer")

    def _decode(self, body: bytes, decoder: msgspec.json.Decoder[T], what: str) -> T:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise self._unreadable(what, "it is not in the agreed shape") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            why = (
                "a web page came instead of data"
                if body.lstrip()[:1] == b"<"
                else "it was cut short or is not JSON"
            )
            raise self._unreadable(what, why) from None

    def _unreadable(self, what: str, why: str) -> UnreadablePage:
        return UnreadablePage(
            f"{what} from {self._broker} could not be read: {why}. Nothing has changed. "
            f"Try again; if it happens again, tell {self._broker}."
        )

    def _send(
        self,
        method: str,
        target: str,
        token: str,
        *,
        params: dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
    ) -> bytes:
        """One call, tried a few times. Every call here may be repeated without harm. Returns the body of a 200."""
        url = target if "://" in target else f"{self._base}/{target}"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            for attempt in stamina.retry_context(
                on=_wait_for,
                attempts=self._attempts,
                wait_initial=0.15,
                wait_max=1.5,
                wait_jitter=0.1,
                timeout=60,
            ):
                with attempt:
                    return self._once(method, url, headers, params, json)
        except _Retry as problem:
            raise TryLater(
                f"{self._broker} {problem}. Nothing has changed. Try again in a few minutes.",
                retry_after=problem.wait,
            ) from None
        raise AssertionError("unreachable")

    def _once(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        params: dict[str, str] | None,
        json: dict[str, Any] | None,
    ) -> bytes:
        try:
            response = self._client.request(
                method, url, headers=headers, params=params, json=json, timeout=self._timeout
            )
        except httpx2.TimeoutException:
            raise _Retry("did not answer in time") from None
        except httpx2.DecodingError:
            raise self._unreadable("The answer", "it was damaged on the way") from None
        except httpx2.HTTPError:
            raise _Retry("could not be reached") from None
        if response.status_code == 200:
            return response.content
        if response.status_code == 429:
            raise _Retry("is too busy and asked us to wait", _retry_after(response))
        if response.status_code >= 500:
            raise _Retry(f"had a fault of its own ({response.status_code})", _retry_after(response))
        raise self._refused(response)

    def _refused(self, response: httpx2.Response) -> ProviderError:
        status = response.status_code
        if status == 401:
            return ConsentLost(
                f"{self._broker} does not accept Admin Hub's key (401). Nothing has changed. Look at the "
                "connection: if the school has revoked access, authorise again; if not, tell Admin Hub's support."
            )
        if status == 403:
            return ConsentLost(
                f"{self._broker} does not let Admin Hub read this school (403). Nothing has changed. "
                "Ask the school's broker administrator whether access was approved or revoked."
            )
        if status == 404:
            return SchoolUnknown(
                f"{self._broker} does not know this school (404). Nothing has changed. Search for it again."
            )
        if status == 422:
            messages = _messages(response.content)
            said = f": {' '.join(messages)}" if messages else ""
            return BrokerRefused(
                f"{self._broker} refused the request{said} (422). Nothing has changed.", messages=messages
            )
        return self._unreadable("The answer", f"it had the status {status}")


def answers_to(provider: Provider, token: str) -> bool:
    """Whether the broker itself knows this token: one that a webhook brought is not trusted before (wonde-api §3)."""
    return isinstance(provider, WondeProvider) and provider.knows_token(token)


_COUNTS = msgspec.json.Decoder(wire.One[wire.Counts])
_ANSWER = msgspec.json.Decoder(wire.Answer)
_SCHOOLS = msgspec.json.Decoder(wire.Page[wire.School])


def _school(school_id: str) -> str:
    return f"schools/{quote(school_id, safe='')}"


def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(shape)


def _wait_for(problem: Exception) -> bool | float:
    """Whether to try again, or after how many seconds; a long wait is not ours."""
    if not isinstance(problem, _Retry):
        return False
    if problem.wait is None:
        return True
    return problem.wait if problem.wait <= LONGEST_WAIT else False


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds from the Retry-After header; None when there is none, or it is a date."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _word(flags: wire.SchoolState) -> ConsentWord | None:
    """The state the flags tell; None when they do not tell more than "not approved"."""
    if flags.state is None:
        return ConsentWord.NONE
    if flags.state in _WORDS:
        return _WORDS[flags.state]
    if flags.approved:
        return ConsentWord.AUDITED if flags.audited else ConsentWord.APPROVED
    return None


def _findings(findings: list[Any] | None) -> tuple[Finding, ...]:
    """What the check found, from plain sentences or from objects with `message` and `weight`."""
    found = []
    for finding in findings or ():
        known = finding if isinstance(finding, dict) else {"message": finding}
        sentence = known.get("message")
        if isinstance(sentence, str) and sentence.strip():
            found.append(Finding(sentence=sentence.strip(), weight=str(known.get("weight") or "remark")))
    return tuple(found)


def _messages(body: bytes) -> tuple[str, ...]:
    """A refusal's own words."""
    try:
        refusal = msgspec.json.decode(body, type=wire.Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    said = [
        text
        for value in (refusal.errors or {}).values()
        for text in (value if isinstance(value, list) else [value])
    ]
    said += [refusal.error_description, refusal.message]
    return tuple(text for text in said if isinstance(text, str) and text)
