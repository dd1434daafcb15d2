"""People for matching: Kit Ray of the hub and of the MIS, as far as a test says otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

from adminhub.hub.matching.values import HubPerson, MISPerson, Status, Verdict
from adminhub.mis.identifiers import upn_check_letter

BIRTHDAY = date(2015, 5, 6)
SWAPPED_DAY = date(2015, 6, 5)
OTHER_DAY = date(2014, 11, 12)


def a_upn(number: int) -> str:
    rest = f"999200024{number:03d}"
    return upn_check_letter(rest) + rest


def a_temporary_upn(number: int) -> str:
    rest = f"999200024{number:02d}A"
    return upn_check_letter(rest) + rest


def ours(key: int = 1, **fields: Any) -> HubPerson:
    return HubPerson(key=key, **{"forename": "Kit", "surname": "Ray", **fields})


def theirs(key: int = 101, **fields: Any) -> MISPerson:
    return MISPerson(key=key, **{"mis_id": f"m{key}", "forename": "Kit", "surname": "Ray", **fields})


def as_pairs(found: list[Verdict]) -> set[tuple[Status, int | None, int | None]]:
    return {(verdict.status, verdict.hub, verdict.mis) for verdict in found}


def matched(found: list[Verdict]) -> set[tuple[int | None, int | None]]:
    return {(verdict.hub, verdict.mis) for verdict in found if verdict.status is Status.MATCHED}
