"""How fast a sync is: `./hub bench sync [--quick] [--pupils N …] [--no-write]`. Broker, HTTP and PostgreSQL are real.

Each step of the hub runs in a process of its own (`_worker.py`), as a worker's job does.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from adminhub.mis import Roster, School
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
Figures = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """One school, from its first sync on."""

    pupils: int
    first: Figures
    nothing: Figures
    changed: Figures
    raw: Figures
    pull: Figures
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
        found = [
            measured(hub, Path(folder), pupils=pupils, number=number)
            for pupils in sizes
            for number in range(TRIES if pupils == PUPILS else 1)
        ]
    if options.json:
        print(json.dumps([one.__dict__ for one in found], indent=1))
        return
    body = section(found)
    print(body)
    if not options.quick and not options.pupils and not options.no_write:
        record("sync", body)


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
    roster = with_large_classes(generated.roster)
    school, token = connected(name, 100_000 + pupils + number)
    publish(school, roster)
    allow(school)
    hub.environment["HUB_BROKER_API_TOKEN"] = token
    known = str(generated.hub_roster)
    school_id = hub.ask("connect", name=name, broker_school_id=school.broker_id, known=known)["school_id"]
    first = hub.ask("sync", school_id=school_id)
    raw = hub.ask("raw_copy", school_id=school_id)
    pull = hub.ask("pull", school_id=school_id)
    nothing = hub.ask("sync", school_id=school_id)
    publish(school, with_some_changed(roster, share=0.01))
    changed = hub.ask("sync", school_id=school_id)
    undone = hub.ask("undo", school_id=school_id)
    redone = hub.ask("undo", school_id=school_id)
    return Measured(pupils, first, nothing, changed, raw, pull, undone, redone)


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


def with_some_changed(roster: Roster, *, share: float) -> Roster:
    """The same school a day later: a share of the pupils has another name, and moves from one class to another."""
    rng = random.Random(2)
    some = {pupil.mis_id for pupil in rng.sample(roster.pupils, max(1, round(len(roster.pupils) * share)))}
    pupils = tuple(
        replace(pupil, middle_names="Alexis") if pupil.mis_id in some else pupil for pupil in roster.pupils
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
    return "\n\n".join(
        (
            "## A sync (`./hub bench sync`)",
            f"On {machine()}. Broker, hub and PostgreSQL (durable, as in a stack) share the machine; data comes over "
            "HTTP. The hub knew most of the people from a file, without links.",
            table(("what", "measured", "target"), targets(of_target)),
            table(
                (
                    "pupils",
                    "enrolments",
                    "fetch and match",
                    "plan",
                    "apply",
                    "rows/s",
                    "raw COPY",
                    "times",
                    "memory",
                ),
                [growth(one) for one in found],
            ),
        )
    )


def targets(tries: list[Measured]) -> list[tuple[str, str, str]]:
    """The figures that the product promises, each the middle of the tries."""

    def middle(pick: Any) -> float:
        return median(pick(one) for one in tries)

    rate = middle(lambda one: one.first["journal"] / one.first["apply"])
    return [
        (
            "Fetch, read, match and plan a first sync",
            f"{middle(lambda one: one.first['fetch_and_match'] + one.first['plan']):.2f} s",
            "4 s",
        ),
        ("of it fetch and read", f"{middle(lambda one: one.pull['seconds']):.2f} s", ""),
        ("Apply a first sync, with journal and audit", f"{rate:,.0f} rows/s", "20,000 rows/s"),
        (
            "Against a raw COPY of the same rows",
            f"{middle(lambda one: one.first['apply'] / one.raw['seconds']):.1f} times",
            "4 times",
        ),
        ("A sync with nothing changed", f"{middle(lambda one: whole(one.nothing)):.2f} s", "1 s"),
        ("A sync with 1 % changed", f"{middle(lambda one: whole(one.changed)):.2f} s", ""),
        (
            "Undo everything",
            f"{middle(lambda one: one.undone['rows'] / one.undone['apply']):,.0f} rows/s",
            "as fast as apply",
        ),
        ("work out first what that is", f"{middle(lambda one: one.undone['plan']):.2f} s", ""),
        (
            "Undo the undo",
            f"{middle(lambda one: one.redone['rows'] / one.redone['apply']):,.0f} rows/s",
            "as fast as apply",
        ),
        ("Memory of the worker", f"{max(one.first['megabytes'] for one in tries)} MB", "300 MB"),
    ]


def whole(figures: Figures) -> float:
    """Seconds from Start to everything saved."""
    parts = ("fetch_and_match", "plan", "apply", "match_again")
    return float(sum(figures[part] for part in parts))


def growth(one: Measured) -> tuple[object, ...]:
    first = one.first
    return (
        f"{one.pupils:,}",
        f"{first['rows'].get('enrolment', 0):,}",
        f"{first['fetch_and_match']:.2f} s",
        f"{first['plan']:.2f} s",
        f"{first['apply']:.2f} s",
        f"{first['journal'] / first['apply']:,.0f}",
        f"{one.raw['seconds']:.2f} s",
        f"{first['apply'] / one.raw['seconds']:.1f}",
        f"{first['megabytes']} MB",
    )


if __name__ == "__main__":
    main()
