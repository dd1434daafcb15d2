"""A worker killed at any point, again and again, ends where one ends that nobody killed.

The worker is a real process that kills itself (SIGKILL, so nothing is tidied up) just before or just after a
random statement is sent to PostgreSQL; PostgreSQL finds the connection gone and rolls back what was not
committed. Then another worker takes the run over, and is killed too, until the run has ended. Between two
statements lies everything else a step does, and a COPY counts as part of the statement before it. That a dead
worker's job is taken over is shown by tests/contracts/hub/test_worker_takes_over.py.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.models import FeedEntry, Pupil
from adminhub.hub.syncs.actions import sync_by_itself
from adminhub.hub.syncs.models import Mode, Policy, SyncRun, SyncStep, Trigger
from adminhub.hub.syncs.queries import ORDER, settings_of
from tests.unit.hub.cast import an_employee
from tests.unit.hub.syncs.cast import a_upn, an_mis_class, an_mis_employee, an_mis_group, an_mis_pupil
from tests.unit.hub.syncs.worlds import DEEPER, KINDS, Oak, Seen, World, a_broker_with, seen

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 30 * DEEPER
"""In all; HUB_PROPERTIES=4 kills more than a hundred times."""
ROOT = Path(__file__).resolve().parents[4]
SPRING = World(
    employees=(an_mis_employee("e1"), an_mis_employee("e2", forename="Mo", surname="Ali")),
    registration_groups=(an_mis_group("g1", "4A", employees=("Be1",)), an_mis_group("g2", "4B")),
    classes=(an_mis_class("c1", "Maths 1", employees=("Be2",)), an_mis_class("c2", "Chess")),
    pupils=tuple(
        an_mis_pupil(f"p{n}", forename=name, upn=a_upn(n), registration_group="Bg1", classes=("Bc1",))
        for n, name in enumerate(["Kit", "Jo", "Amy", "Zoe", "Max"], start=1)
    ),
)
SUMMER = World(
    employees=(an_mis_employee("e1", job="Head"), an_mis_employee("e2", forename="Mo", surname="Ali")),
    registration_groups=SPRING.registration_groups,
    classes=(an_mis_class("c1", "Maths 1", employees=("Be1",)), an_mis_class("c3", "Choir")),
    pupils=(
        msgspec.structs.replace(SPRING.pupils[0], registration_group="Bg2", classes=("Bc3",)),
        msgspec.structs.replace(SPRING.pupils[1], surname="Novák"),
        *SPRING.pupils[2:4],
        an_mis_pupil("p6", forename="Lea", upn=a_upn(6), registration_group="Bg2", classes=("Bc1", "Bc3")),
    ),
)
"""A teacher, a class and a pupil changed, somebody left, somebody came."""


class Workers:
    """Workers that carry a run on until they are killed."""

    def __init__(self) -> None:
        database = connection.settings_dict
        address = " ".join(
            f"{word}={database[name]}"
            for word, name in (
                ("host", "HOST"),
                ("user", "USER"),
                ("password", "PASSWORD"),
                ("dbname", "NAME"),
            )
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.hub.syncs.killed_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "HUB_DATABASE_URL": address, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )
        assert self._answer() == "ready"

    def carry_on(self, run: SyncRun, broker: Path, *, kill_at: int | None) -> int:
        """The worker's exit status: 0, or -9 when it was killed."""
        asked = {"school": run.school_id, "run": run.pk, "broker": str(broker), "kill_at": kill_at}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def stop(self) -> None:
        self.process.communicate()


@pytest.fixture
def workers(db: None) -> Iterator[Workers]:
    found = Workers()
    yield found
    found.stop()


def an_oak_after_spring(number: int, mode: Mode) -> Oak:
    """A school that Ada has synced once, and that lets the hub apply what is safe by itself."""
    oak = Oak(f"Oak {number}", SPRING)
    with school_scope(oak.school.pk):
        Pupil.objects.create(school=oak.school, forename="Kit", surname="Ray", upn=a_upn(1))
    an_employee(oak.school)
    oak.sync()
    with school_scope(oak.school.pk):
        wanted = settings_of()
        wanted.policy = Policy.SAFE
        wanted.save()
        if mode == Mode.FULL:  # the last full sync is long ago
            SyncRun.objects.update(as_at=timezone.now() - timedelta(days=30))
    return oak


def a_night(oak: Oak, folder: Path) -> tuple[SyncRun, Path]:
    """The nightly run, not yet begun, and the broker it will read."""
    broker = a_broker_with(oak.connection, SPRING, per_page=2)
    broker.publish(oak.connection.broker_school_id, **{kind: list(getattr(SUMMER, kind)) for kind in KINDS})
    path = folder / f"broker {oak.school.pk}"
    path.write_bytes(pickle.dumps(broker))
    return sync_by_itself(connection=oak.connection, by=None, trigger=Trigger.SCHEDULE), path


def everything(oak: Oak) -> tuple[Seen, dict[str, Any]]:
    """The roster and the review, and what was noted on the way: nothing twice, nothing not at all."""
    with school_scope(oak.school.pk):
        run = SyncRun.objects.latest("pk")
        noted = {
            "run": (run.state, run.mode, run.outcome, run.counts),
            "steps": Counter(SyncStep.objects.filter(run=run).values_list("name", flat=True)),
            "journal": Counter(JournalEntry.objects.values_list("table", flat=True)),
            "audit": Counter(AuditEntry.objects.values_list("action", flat=True)),
            "feed": Counter(FeedEntry.objects.values_list("kind", "change")),
        }
    return seen(oak.school), noted


@pytest.mark.parametrize("mode", [Mode.FULL, Mode.INCREMENTAL])
def test_killed_at_any_point_it_ends_where_one_ends_that_nobody_killed(
    workers: Workers, tmp_path: Path, mode: Mode
) -> None:
    unharmed = an_oak_after_spring(0, mode)
    assert workers.carry_on(*a_night(unharmed, tmp_path), kill_at=None) == 0
    expected = everything(unharmed)
    assert expected[1]["run"][1] == mode
    assert expected[1]["audit"]["plan.applied"] == 2 * len(ORDER)
    chance = random.Random(2026)
    kills = 0
    number = 0
    while kills < KILLS // 2:
        number += 1
        oak = an_oak_after_spring(number, mode)
        night = a_night(oak, tmp_path)
        points = []
        while workers.carry_on(*night, kill_at=(point := chance.randint(1, 700))) == -9:
            points.append(point)
            kills += 1
        assert everything(oak) == expected, points
