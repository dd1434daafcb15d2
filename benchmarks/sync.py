"""How fast a sync is: `./hub bench sync [--quick] [--pupils N …] [--no-write]`. Broker, HTTP and PostgreSQL are real.

Each step of the hub runs in a process of its own (`_worker.py`), as a worker's job does.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from adminhub.mis import Roster, School
from adminhub.mis.identifiers import upn_check_letter
from adminhub.mis.roster import SchoolClass
from adminhub.runtime.demo.exports import generate
from adminhub.runtime.environment import ROOT
from adminhub.runtime.secret_values import make_secrets
from benchmarks._record import machine, record, table
from benchmarks.broker import a_postgres, allow, connected, publish, served

AS_AT = date(2026, 3, 2)
PUPILS = 3_000
CLASSES = 400 / PUPILS
PLACES = 37_000 / PUPILS
"""Subject classes of one pupil; with the registration group 40,000 enrolments of 3,000 pupils."""
SIZES = (300, 3_000, 30_000, 100_000)
TRIES = 3
FEW = 30
"""Pupils changed in one night, at every size."""
Figures = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """One school, from its first sync on."""

    pupils: int
    first: Figures
    raw: Figures
    pull: Figures
    compared: Figures
    nothing: Figures
    changed: Figures
    few: Figures
    """A night with as many pupils changed as at every other size."""
    undone: Figures
    redone: Figures
    """The undo, undone: everything is there again."""


def main() -> None:
    """Measure, print, and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="./hub bench sync")
    parser.add_argument("--quick", action="store_true", help="300 pupils, once")
    parser.add_argument("--pupils", type=int, nargs="*", help=f"instead of {SIZES}")
    parser.add_argument("--no-write", action="store_true", help="leave docs/benchmarks.md as it is")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = (300,) if options.quick else tuple(options.pupils or SIZES)
    with (
        tempfile.TemporaryDirectory(prefix="bench-sync-") as folder,
        a_postgres(Path(folder), "broker", "hub") as postgres,
        served(Path(folder), postgres) as address,
    ):
        hub = Hub(
            {
                **os.environ,
                **make_secrets(),
                "HUB_DATABASE_URL": postgres.url("hub"),
                "HUB_BROKER_API_URL": f"{address}/v1.0",
                "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            }
        )
        hub.ask("migrate")
        found: list[Measured] = []
        for pupils in sizes:
            for number in range(TRIES if pupils == PUPILS else 1):
                found.append(measured(hub, Path(folder), pupils=pupils, number=number))
                if not options.quick and not options.pupils and not options.no_write:
                    record("sync", section(found))  # the largest takes long: what is measured, is kept
    if options.json:
        print(json.dumps([one.__dict__ for one in found], indent=1))
        return
    print(section(found))


class Hub:
    """The hub's worker, started anew for each request."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def ask(self, do: str, **about: Any) -> Figures:
        done = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks" / "_worker.py")],
            input=json.dumps({"do": do, **about}),
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{do}: {done.stderr.strip() or done.stdout}")
        found: Figures = json.loads(done.stdout.splitlines()[-1])
        return found


def measured(hub: Hub, folder: Path, *, pupils: int, number: int) -> Measured:
    """Publish a school, sync it: first, with nothing changed, with 1 % changed. Undo it all, and undo that."""
    print(f"{pupils:,} pupils …", file=sys.stderr)
    name = f"Bench {pupils} {number}"
    generated = generate(
        folder / name,
        seed=number + 1,
        pupils=pupils,
        staff=pupils // 10,
        kind="secondary",
        format="integris",
        school=School(mis_id="1", name=name),
        domain="bench.example",
        as_at=AS_AT,
    )
    roster = with_large_classes(with_own_upns(generated.roster, generated.hub_roster))
    school, token = connected(name, 100_000 + pupils + number)
    publish(school, roster)
    allow(school)
    hub.environment["HUB_BROKER_API_TOKEN"] = token
    known = str(generated.hub_roster)
    school_id = hub.ask("connect", name=name, broker_school_id=school.broker_id, known=known)["school_id"]
    first = hub.ask("sync", school_id=school_id)
    raw = hub.ask("raw_copy", school_id=school_id)
    pull = hub.ask("pull", school_id=school_id)
    compared = hub.ask("sync", school_id=school_id)
    while (
        compared["changes"] and pupils <= SIZES[-2]
    ):  # whoever was in doubt may be clear once the others are linked
        compared = hub.ask("sync", school_id=school_id)
    as_if_yesterday(school)
    nothing = hub.ask("night", school_id=school_id)
    nights = []
    for many, name in ((max(1, round(len(roster.pupils) * 0.01)), "Alexis"), (FEW, "Robin")):
        roster = with_some_changed(roster, many=many, name=name)
        publish(school, roster)
        nights.append(hub.ask("night", school_id=school_id))
        if not nights[-1]["journal"]:
            raise SystemExit(f"The changes were not applied: {nights[-1]}")
        as_if_yesterday(school)
    changed, few = nights
    undone = hub.ask("undo", school_id=school_id)
    redone = hub.ask("undo", school_id=school_id)
    return Measured(pupils, first, raw, pull, compared, nothing, changed, few, undone, redone)


def as_if_yesterday(school: Any) -> None:
    """Have the broker think that it published this a day ago: a hub asks again for the last quarter of an hour."""
    from django.apps import apps
    from django.db.models import F

    from adminhub.broker.directory.scope import school_scope

    with school_scope(school.pk):
        for model in apps.get_app_config("broker_sources").get_models():
            if any(field.name == "updated_at" for field in model._meta.fields):
                model.objects.filter(school=school).update(updated_at=F("updated_at") - timedelta(days=1))


def with_own_upns(roster: Roster, known: Path) -> Roster:
    """The same people; where the numbers of one establishment do not suffice, those of a trust's many.

    The file of whom the hub knows follows, without a UPN where it is not clear whose it was.
    """
    held = Counter(pupil.upn for pupil in roster.pupils if pupil.upn)
    if max(held.values(), default=0) == 1:
        return roster
    given = {
        pupil.mis_id: upn_check_letter(rest) + rest
        for place, pupil in enumerate(roster.pupils)
        if pupil.upn
        for rest in [f"999{4000 + place // 1000}{pupil.upn[8:10]}{place % 1000:03d}"]
    }
    now = {pupil.upn: given[pupil.mis_id] for pupil in roster.pupils if pupil.upn and held[pupil.upn] == 1}
    with known.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with known.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "upn": now.get(row["upn"], "")} for row in rows)
    pupils = tuple(replace(pupil, upn=given.get(pupil.mis_id)) for pupil in roster.pupils)
    return replace(roster, pupils=pupils)


def with_large_classes(roster: Roster) -> Roster:
    """The same people in 400 subject classes for every 3,000 pupils, each pupil in some twelve of their year's."""
    rng = random.Random(1)
    by_year: dict[str, list[str]] = {}
    for pupil in roster.pupils:
        if pupil.status == "on_roll":
            by_year.setdefault(pupil.year_group or "", []).append(pupil.mis_id)
    teachers = [person.mis_id for person in roster.employees if person.teaching]
    classes: list[SchoolClass] = []
    for year, people in sorted(by_year.items()):
        members: list[list[str]] = [[] for _ in range(max(14, round(len(people) * CLASSES)))]
        for pupil in people:
            places = int(PLACES) + (rng.random() < PLACES % 1)
            for place in rng.sample(range(len(members)), places):
                members[place].append(pupil)
        classes += [
            SchoolClass(
                mis_id=f"{year}/{place}",
                name=f"{year}x/{place}",
                kind="teaching",
                subject="Mathematics",
                year_groups=(year,),
                pupils=tuple(of_class),
                employees=(rng.choice(teachers),),
            )
            for place, of_class in enumerate(members)
        ]
    return replace(roster, classes=(*roster.registration_groups, *classes))


def with_some_changed(roster: Roster, *, many: int, name: str) -> Roster:
    """The same school a day later: so many pupils have this middle name, and move from one class to another."""
    rng = random.Random(name)
    some = {pupil.mis_id for pupil in rng.sample(roster.pupils, many)}
    pupils = tuple(
        replace(pupil, middle_names=name) if pupil.mis_id in some else pupil for pupil in roster.pupils
    )
    classes = list(roster.classes)
    for place, group in enumerate(classes):
        if group.kind == "teaching" and (leaving := some & set(group.pupils)):
            other = next(
                at for at in (*range(place + 1, len(classes)), 0) if not leaving & set(classes[at].pupils)
            )
            classes[place] = replace(group, pupils=tuple(one for one in group.pupils if one not in leaving))
            if classes[other].year_groups == group.year_groups and classes[other].kind == "teaching":
                classes[other] = replace(classes[other], pupils=(*classes[other].pupils, *sorted(leaving)))
            some -= leaving
    return replace(roster, pupils=pupils, classes=tuple(classes))


def section(found: list[Measured]) -> str:
    """The section of docs/benchmarks.md."""
    of_target = [one for one in found if one.pupils == PUPILS] or found[:1]
    head = (
        "pupils",
        "rows",
        "fetch, match",
        "plan",
        "apply",
        "rows/s",
        "raw COPY",
        "undo",
        "nothing new",
        "1 % new",
        f"{FEW} pupils new",
        "memory",
    )
    return "\n\n".join(
        (
            "## A sync (`./hub bench sync`)",
            f"On {machine()}. Broker, hub and PostgreSQL (durable, as in a stack) share the machine; data comes over "
            "HTTP. The hub knew most of the people from a file, without links. Seconds are by the clock; in "
            "brackets what the hub and its PostgreSQL process used of a processor, whatever else the machine did.",
            f"{of_target[0].pupils:,} pupils, the middle of {len(of_target)}:",
            table(("what", "measured", "target"), targets(of_target)),
            "How it grows (one school each; the COPY is of the same rows into twins of their tables, with the same "
            "indexes, checks and foreign keys):",
            table(head, [growth(one) for one in found]),
        )
    )


def targets(tries: list[Measured]) -> list[tuple[str, str, str]]:
    """The figures that the product promises, each the middle of the tries."""

    def middle(pick: Callable[[Measured], float]) -> float:
        return median(pick(one) for one in tries)

    def took(pick: Callable[[Figures], float], of: str) -> str:
        clock = middle(lambda one: pick(getattr(one, of)["seconds"]))
        processor = middle(lambda one: pick(getattr(one, of)["processor"]))
        return f"{clock:.2f} s ({processor:.2f} s)"

    apply = ("first", "apply")
    bare = middle(lambda one: one.first["processor"]["apply"] / one.raw["processor"]["bare"])
    whole_one = middle(lambda one: one.first["processor"]["apply"] / one.raw["processor"]["whole"])
    return [
        (
            "Fetch, read, match and plan a first sync",
            took(lambda part: part["fetch_and_match"] + part["plan"], "first"),
            "4 s",
        ),
        ("of it fetch and read", f"{middle(lambda one: one.pull['seconds']):.2f} s", ""),
        ("Apply it, with journal and audit", rate(tries, *apply), "20,000 rows/s"),
        ("  against a COPY of the same rows, keys checked", f"{whole_one:.1f} times", "4 times"),
        ("  against a COPY without foreign keys", f"{bare:.1f} times", ""),
        ("Undo everything", rate(tries, "undone", "apply"), "as fast as apply"),
        ("  work out first what that is", took(lambda part: part["plan"], "undone"), ""),
        ("Undo the undo", rate(tries, "redone", "apply"), "as fast as apply"),
        ("A sync with nothing changed", took(float, "nothing"), "1 s"),
        ("  rows it writes", ", ".join(sorted(written(tries[-1].nothing))), "its history row"),
        ("Everything fetched and compared again, nothing changed", took(whole, "compared"), ""),
        ("A sync with 1 % changed", took(float, "changed"), "in proportion"),
        ("  rows it changes in the roster", f"{middle(lambda one: one.changed['journal']):,.0f}", ""),
        ("  lines of the review it writes anew", f"{middle(lines_written):,.0f}", ""),
        ("Memory of the worker", f"{max(one.first['megabytes'] for one in tries)} MB", "300 MB"),
    ]


def rate(tries: list[Measured], of: str, part: str) -> str:
    """Rows a second by the clock, and in brackets by the processor's time."""
    clock, processor = (
        median(getattr(one, of)["journal"] / getattr(one, of)[by][part] for one in tries)
        for by in ("seconds", "processor")
    )
    return f"{clock:,.0f} rows/s ({processor:,.0f} rows/s)"


def written(figures: Figures) -> list[str]:
    """What a run wrote, without the job that ran it."""
    return [
        f"{many} {name}" for name, many in figures["rows"].items() if not name.startswith("procrastinate")
    ]


def lines_written(one: Measured) -> float:
    """How many lines of a review the night with 1 % changed wrote: those that say something else now."""
    return float(one.changed["rows"].get("match_row", 0))


def whole(part: Mapping[str, float]) -> float:
    """Seconds from Start to everything saved."""
    return sum(part.values())


def growth(one: Measured) -> tuple[object, ...]:
    """One line of the growth table."""
    first, undone = one.first, one.undone

    def both(figures: Figures, pick: Callable[[Any], float]) -> str:
        return f"{pick(figures['seconds']):.1f} s ({pick(figures['processor']):.1f} s)"

    return (
        f"{one.pupils:,}",
        f"{first['journal']:,}",
        both(first, lambda part: part["fetch_and_match"]),
        both(first, lambda part: part["plan"]),
        both(first, lambda part: part["apply"]),
        rate([one], "first", "apply"),
        both(one.raw, lambda part: part["whole"]),
        both(undone, whole),
        both(one.nothing, float),
        both(one.changed, float),
        both(one.few, float),
        f"{first['megabytes']} MB",
    )


if __name__ == "__main__":
    main()
