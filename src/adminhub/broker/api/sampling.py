"""What each permission would give, with an example of it: made by the API's own code, then masked.

The examples are put together from several people's records, so that they are nobody's.
"""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import msgspec

from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.permitted import include_tree, visible_includes
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.serialising import serialise
from adminhub.broker.api.view import View
from adminhub.broker.api.wire import encode
from adminhub.broker.directory.scope import school_scope

RECORDS_LOOKED_AT = 25
NAMED_AT_MOST = 3
LONGEST = 24
ID = "a number of ours and one of your MIS"
WRITES = "it writes, and reads nothing by this"
PERSONAL_NAMES = ("forename", "surname")


def examples(view: View) -> dict[str, str]:
    """A masked example for each permission granted that gives a value; "" where the school's data has none."""
    granted = view.granted
    found = {identity: WRITES for identity in granted if not identity.endswith(".read")}
    for resource in RESOURCES.values():
        if not resource.is_listed or resource.permission not in granted:
            continue
        family = resource.permission.removesuffix("read")
        wanted = [each for each in granted if each.startswith(family) and not found.get(each)]
        asked = ",".join(path for path in visible_includes(resource, granted) if "." not in path)
        with school_scope(view.school.pk):
            rows = view.served(resource).order_by("pk")[:RECORDS_LOOKED_AT]
            made = serialise(resource, rows, include_tree(resource, asked, granted), view)
        records = msgspec.json.decode(encode(made))
        found.update(
            {
                identity: _example(_path(resource, identity), [*records[place:], *records[:place]])
                for place, identity in zip(cycle(range(max(1, len(records)))), sorted(wanted), strict=False)
            }
        )
    return found


def _path(resource: Resource, identity: str) -> list[str]:
    """Where in a record the value of this permission is; empty for the record itself."""
    if identity == resource.permission:
        return []
    named = next((field.name for field in resource.fields if field.permission == identity), None)
    return (
        [named] if named else identity.removeprefix(resource.permission.removesuffix("read")).split(".")[:-1]
    )


def _example(path: list[str], records: Iterable[dict[str, Any]]) -> str:
    """The first value in this place that the records hold, masked; of the records themselves, what names one."""
    if not path:
        return next((f"{record.get('name') or ID}" for record in records), "")
    return next((shown for record in records if (shown := masked(_value(record, path)))), "")


def _value(record: Any, path: list[str]) -> Any:
    value = record
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, dict) and value.keys() == {"data"}:
            value = value["data"]
    return value


def masked(value: Any) -> str:
    """The shape of a value without what it says of anybody: first letters stay, dates and digits do not."""
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list):
        return ", ".join(filter(None, (masked(one) for one in value[:NAMED_AT_MOST])))
    if isinstance(value, dict):
        return _masked_object(value)
    return _masked_text(value) if isinstance(value, str) else ""


def _masked_object(value: dict[str, Any]) -> str:
    if value.keys() >= {"date", "timezone"}:
        return "••/••/••••"
    if any(name in value for name in PERSONAL_NAMES):
        return " ".join(filter(None, (masked(value.get(name)) for name in PERSONAL_NAMES)))
    if "id" in value and isinstance(value.get("name"), str):
        return str(value["name"])
    parts = (masked(part) for part in value.values())
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _masked_text(text: str) -> str:
    local, at, domain = text.partition("@")
    if at and "." in domain:
        return f"{local[:1]}•••@{domain}"
    return " ".join(_masked_word(word) for word in text.split())[:LONGEST]


def _masked_word(word: str) -> str:
    first = word[:1] if word[:1].isalpha() else "•"
    return first + "•" * (len(word) - 1)
