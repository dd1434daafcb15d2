"""What was sent, read and checked: every mistake is named by its place, and nothing sent is repeated."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from adminhub.broker.api.declarations import Person, Resource
from adminhub.broker.api.errors import Unacceptable
from adminhub.broker.api.view import View
from adminhub.broker.records.actions import Call

S = TypeVar("S", bound=msgspec.Struct)
LONGEST_COMMENT = 500
FARTHEST = timedelta(days=400)
WIRE_ID = re.compile(r"[Aa]?[0-9]{1,15}")


@dataclass(slots=True)
class Asked:
    """One call that writes: for whom, of what, and the mistakes found so far.

    `record_id`: the record in the address, 0 where there is none."""

    view: View
    resource: Resource
    call: Call
    record_id: int = 0
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def refuse_mistakes(self) -> None:
        """Raises Unacceptable with all of them; nothing has been written."""
        if self.errors:
            raise Unacceptable(dict(self.errors))

    def wrong(self, place: str, sentence: str) -> None:
        self.errors[place].append(sentence)

    def people(self, person: Person, ids: dict[str, str]) -> dict[str, int]:
        """The people of these wire ids, by place; a mistake for each whom this app may not know of."""
        word = "pupil" if person == "pupil" else "member of staff"
        return self.found(self.view.people(person), ids, f"There is no {word} with this id that you may see.")

    def found(self, rows: QuerySet[Any], ids: dict[str, str], otherwise: str) -> dict[str, int]:
        """Which of these wire ids are among the rows, by place; a mistake for each other."""
        numbers = {place: number_of(text) for place, text in ids.items()}
        known = set(
            rows.filter(pk__in={each for each in numbers.values() if each}).values_list("pk", flat=True)
        )
        for place, number in numbers.items():
            if number not in known:
                self.wrong(place, otherwise)
        return {place: number for place, number in numbers.items() if number is not None and number in known}

    def day(self, place: str, text: str | None) -> date | None:
        """A day not too far off, or None where there is none; a mistake for anything else."""
        if text is None:
            return None
        try:
            on = date.fromisoformat(text.strip()[:10])
        except ValueError:
            self.wrong(place, "Write it as 2026-09-01.")
            return None
        if abs(on - timezone.localdate()) > FARTHEST:
            self.wrong(place, f"This is more than {FARTHEST.days} days away from today.")
        return on

    def words(self, place: str, text: str | None, *, longest: int = LONGEST_COMMENT) -> str | None:
        """The text without what cannot be kept; None for an empty one; a mistake when it is too long."""
        kept = (text or "").replace("\x00", "").strip()
        if len(kept) > longest:
            self.wrong(place, f"At most {longest} characters.")
        return kept or None


def number_of(wire_id: str) -> int | None:
    """The number in a wire id; None when it is none."""
    return int(wire_id.lstrip("Aa")) if WIRE_ID.fullmatch(wire_id) else None


def body_of(body: bytes, shape: type[S]) -> S:
    """The body in its shape. Numbers may be written as text, as some clients do. Raises Unacceptable."""
    try:
        return msgspec.convert(msgspec.json.decode(body), shape, strict=False)
    except msgspec.ValidationError as problem:
        raise Unacceptable({_place(str(problem)): [_sentence(str(problem))]}) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unacceptable({"body": ["Send a JSON object."]}) from None


def _place(problem: str) -> str:
    """msgspec's "… - at `$.attendance[0].date`" as "attendance.0.date"."""
    path = re.search(r"at `\$\.?(.*)`$", problem)
    place = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path[1]).strip(".") if path else ""
    missing = re.search(r"missing required field `(\w+)`", problem)
    return ".".join(filter(None, (place, missing[1] if missing else ""))) or "body"


def _sentence(problem: str) -> str:
    """What was expected, never what came."""
    if "missing required field" in problem:
        return "This must be there."
    expected = re.match(r"Expected `([a-z| ]+)`", problem)
    kinds = {
        "str": "text",
        "int": "a whole number",
        "array": "a list",
        "object": "an object",
        "bool": "true or false",
    }
    if expected is None:
        return "This value cannot be used."
    words = [kinds.get(kind.strip(), kind.strip()) for kind in expected[1].split("|")]
    return f"This must be {' or '.join(word for word in words if word != 'null')}."


def doubled(keys: Iterable[Any]) -> set[Any]:
    """The keys that come more than once."""
    seen: set[Any] = set()
    return {key for key in keys if key in seen or seen.add(key)}  # type: ignore[func-returns-value]
