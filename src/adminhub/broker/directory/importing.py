"""Bringing the directory up to date with GIAS, set by set; the newest register wins, and what it lacks stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.gias import (
    Establishment,
    Link,
    Membership,
    read_establishments,
    read_links,
    read_memberships,
)
from adminhub.broker.directory.models import School, SchoolLink, Trust, broker_id_from

SHRINKS_AT_MOST = 0.9
COLUMNS = tuple(field.name for field in fields(Establishment) if not field.name.startswith("trust_"))
# The register's empty cell says that it does not know, so what we know stays.
KEPT_WHEN_EMPTY = (
    "la_code",
    "establishment_number",
    "address_line_1",
    "address_line_2",
    "town",
    "county",
    "postcode",
    "phone",
    "website",
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    read: int
    added: int
    changed: int
    closed: int
    not_in_file: int
    links: int
    in_trusts: int
    lines_left_out: list[int]


@transaction.atomic
def import_register(
    *, establishments: Path, links: Path | None = None, groups: Path | None = None, is_agreed: bool = False
) -> Imported:
    """Add and update schools by URN, then who followed whom, then trusts. Deletes no school.

    A school that is not in the file is left as it is. Raises UnreadableRegister; NotPossible for a file with far
    fewer open schools than are known, unless somebody has agreed.
    """
    found, left_out = _parted(read_establishments(establishments))
    schools = {one.urn: one for one in found if isinstance(one, Establishment)}
    _must_not_shrink(schools, is_agreed=is_agreed)
    known = dict(School.objects.exclude(urn=None).values_list("urn", "is_open"))
    added, changed = _write_schools(schools)
    closed = sum(known.get(urn, False) and not one.is_open for urn, one in schools.items())
    return Imported(
        read=len(schools),
        added=added,
        changed=changed,
        closed=closed,
        not_in_file=len(known.keys() - schools.keys()),
        links=_write_links(_parted(read_links(links))[0]) if links else 0,
        in_trusts=_write_trusts(schools.values(), _parted(read_memberships(groups))[0] if groups else []),
        lines_left_out=left_out,
    )


def _parted(found: Iterable[Any]) -> tuple[list[Any], list[int]]:
    good: list[Any] = []
    lines: list[int] = []
    for one in found:
        (lines if isinstance(one, int) else good).append(one)
    return good, lines


def _must_not_shrink(schools: dict[int, Establishment], *, is_agreed: bool) -> None:
    before = School.objects.filter(is_open=True).exclude(urn=None).count()
    now = sum(one.is_open for one in schools.values())
    if not is_agreed and before and now < before * SHRINKS_AT_MOST:
        raise NotPossible(
            f"The file has {now:,} open schools and the directory {before:,}. Nothing was imported. If the file is "
            "right, e.g. of one local authority only, import it again with --agreed."
        )


def _write_schools(schools: dict[int, Establishment]) -> tuple[int, int]:
    """Returns how many were added and changed."""
    ids = _broker_ids(schools)
    columns = ("broker_id", *COLUMNS)
    updates = ", ".join(
        f"{name} = coalesce(nullif(excluded.{name}, ''), s.{name})"
        if name in KEPT_WHEN_EMPTY
        else f"{name} = excluded.{name}"
        for name in COLUMNS
        if name != "urn"
    )
    differs = " or ".join(
        f"(excluded.{name} <> '' and excluded.{name} is distinct from s.{name})"
        if name in KEPT_WHEN_EMPTY
        else f"excluded.{name} is distinct from s.{name}"
        for name in COLUMNS
        if name != "urn"
    )
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE register ON COMMIT DROP AS SELECT {listed} FROM broker_directory_school WITH NO DATA"  # noqa: S608
        )
        with cursor.copy(f"COPY register ({listed}) FROM STDIN") as copy:
            for urn, one in schools.items():
                copy.write_row((ids[urn], *(getattr(one, name) for name in COLUMNS)))
        cursor.execute(
            f"""
            WITH written AS (
                INSERT INTO broker_directory_school AS s
                    ({listed}, country_code, country_name, timezone, mis, is_test, needs_second_factor,
                     created_at, updated_at)
                SELECT {listed}, 'GBR', 'United Kingdom', 'Europe/London', '', false, false, now(), now() FROM register
                ON CONFLICT (urn) DO UPDATE SET {updates}, updated_at = now() WHERE {differs}
                RETURNING xmax = 0 AS is_new)
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
            """  # noqa: S608 names of this module's own columns
        )
        added, changed = cursor.fetchone()
        cursor.execute("DROP TABLE register")
    return int(added), int(changed)


def _broker_ids(schools: dict[int, Establishment]) -> dict[int, str]:
    """The id each school has, or gets: as `add_school` makes it, the next try where it is another's already."""
    taken = dict(School.objects.values_list("broker_id", "urn"))
    mine = {urn: broker_id for broker_id, urn in taken.items() if urn is not None}
    for urn in sorted(schools):
        if urn in mine:
            continue
        attempt = 0
        while (found := broker_id_from(f"{urn}#{attempt}" if attempt else str(urn))) in taken:
            attempt += 1
        taken[found] = urn
        mine[urn] = found
    return mine


def _write_links(links: Iterable[Link]) -> int:
    """Returns how many there are of both known schools. Each is kept once, from the earlier school to the later."""
    pairs = {
        (link.urn, link.other) if link.is_successor else (link.other, link.urn): link.on for link in links
    }
    pks = dict(School.objects.exclude(urn=None).values_list("urn", "pk"))
    SchoolLink.objects.bulk_create(
        [
            SchoolLink(before_id=pks[before], after_id=pks[after], on=on)
            for (before, after), on in pairs.items()
            if before in pks and after in pks
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["before", "after"],
        update_fields=["on"],
    )
    return SchoolLink.objects.count()


def _write_trusts(schools: Iterable[Establishment], memberships: Iterable[Membership]) -> int:
    """Returns how many schools are in a trust. The groups' own file says more than the schools' and comes last."""
    trust_of = {one.urn: (one.trust_uid, one.trust_name) for one in schools if one.trust_uid}
    for one in memberships:
        if "trust" in one.group_type.lower():
            trust_of[one.urn] = (one.group_uid, one.group_name)
    names = dict(trust_of.values())
    Trust.objects.bulk_create(
        [Trust(uid=uid, name=name) for uid, name in names.items()],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["uid"],
        update_fields=["name"],
    )
    pks = dict(Trust.objects.values_list("uid", "pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE members (urn integer, trust_id bigint) ON COMMIT DROP",
        )
        with cursor.copy("COPY members (urn, trust_id) FROM STDIN") as copy:
            for urn, (uid, _) in trust_of.items():
                copy.write_row((urn, pks[uid]))
        cursor.execute(
            "UPDATE broker_directory_school s SET trust_id = m.trust_id FROM members m "
            "WHERE s.urn = m.urn AND s.trust_id IS DISTINCT FROM m.trust_id"
        )
        cursor.execute("DROP TABLE members")
    return School.objects.exclude(trust=None).count()
