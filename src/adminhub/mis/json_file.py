"""One page of an API's answer saved as JSON: whole, told to have succeeded, and a list of records, or refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adminhub.mis.refusal import Refused
from adminhub.mis.source import Source
from adminhub.mis.xml_file import LONGEST_CELL

LARGEST_PAGE = 16 << 20

_PAGE = re.compile(r"(.*?)[._-]?page[._-]?(\d{1,6})", re.IGNORECASE)
_AGAIN = "Fetch the page again."


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one page as text by key, what is null left out; `keys` are all there are, null or not.

    `entity` and `number` are from the file's name, where it says them.
    """

    source: Source
    entity: str
    number: int | None
    keys: frozenset[str]
    records: tuple[Mapping[str, str], ...]

    @property
    def name(self) -> str:
        return self.source.name


def looks_like_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_page(source: Source) -> Page:
    """Read one page of the shape {success, data}. Raises Refused for anything else, and for half a page."""
    if source.size > LARGEST_PAGE:
        raise Refused(source.name, "The page is too large to be one.", what_to_do=_AGAIN)
    with source.open() as stream:
        content = stream.read()
    try:
        answer = json.loads(content)
    except RecursionError:
        raise Refused(
            source.name, "The page is nested too deeply to be an answer.", what_to_do=_AGAIN
        ) from None
    except json.JSONDecodeError as error:
        raise _not_json(source, error) from None
    except ValueError:
        raise Refused(source.name, "The page is not JSON in UTF-8.", what_to_do=_AGAIN) from None
    data = answer.get("data") if isinstance(answer, dict) else answer
    if isinstance(answer, dict) and answer.get("success") is not True:
        said = str(answer.get("message") or answer.get("error") or "no reason is given")[:200]
        raise Refused(
            source.name,
            f"The answer says that it failed: {said}.",
            what_to_do="Wait a little and fetch again.",
        )
    if not isinstance(data, list) or not all(isinstance(record, dict) for record in data):
        raise Refused(source.name, "The page's data is not a list of records.", what_to_do=_AGAIN)
    stem = source.table.rsplit(".", 1)[0]
    named = _PAGE.fullmatch(stem)
    return Page(
        source=source,
        entity=named[1] if named else stem,
        number=int(named[2]) if named else None,
        keys=frozenset(str(key) for record in data for key in record),
        records=tuple(_record(record) for record in data),
    )


def _record(record: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): text for key, value in record.items() if (text := _text(value)) is not None}


def _text(value: Any) -> str | None:
    """The value as a cell of text; None for what is null, and for what is no single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value[: LONGEST_CELL + 1]
    return str(value) if isinstance(value, int | float) else None


def _not_json(source: Source, error: json.JSONDecodeError) -> Refused:
    is_cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
    return Refused(
        source.name,
        "The page is incomplete: it stops before its end." if is_cut else "The page is not valid JSON.",
        what_to_do=_AGAIN,
        record=f"line {error.lineno}",
    )
