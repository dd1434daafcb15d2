"""A broker that drops, repeats or reorders a page never makes anybody leave: it is noticed, or it does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import PlannedChange
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.providers.wonde import WondeProvider
from adminhub.hub.syncs.models import RunState
from tests.unit.hub.syncs.cast import (
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
)
from tests.unit.hub.syncs.test_properties import PATIENT, an_example
from tests.unit.hub.syncs.worlds import DEEPER, Oak, World, seen

pytestmark = pytest.mark.django_db
BASE = "https://broker.example/v1.0"
LISTS = {
    "employees": "employees",
    "groups": "registration_groups",
    "classes": "classes",
    "students": "pupils",
}
Row = dict[str, Any]
Pages = list[list[Row]]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one list of the broker."""

    of: str
    page: int
    how: str

    def on(self, pages: Pages) -> Pages:
        """The pages as they come. A page that is not there cannot be at fault."""
        found, at = list(pages), self.page
        if at >= len(found):
            return found
        if self.how == "dropped":
            del found[at]
        elif self.how == "repeated":
            found.insert(at, found[at])
        elif self.how == "came instead of the next":
            found[at + 1 : at + 2] = [found[at]] if at + 1 < len(found) else []
        else:
            found.reverse()
        return found or [[]]


FAULT = st.builds(
    Fault,
    st.sampled_from(sorted(LISTS)),
    st.integers(0, 3),
    st.sampled_from(["dropped", "repeated", "came instead of the next", "in another order"]),
)


@dataclass
class Broker:
    """Serves a world by the School Data API, a few rows to a page, and counts what it has."""

    world: World
    per_page: int
    fault: Fault | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        what = request.url.path.rpartition("/")[2]
        if what == "counts":
            return httpx2.Response(200, json={"data": self._counts()})
        if what not in LISTS:
            return httpx2.Response(404, json={})
        rows = [_row(what, one) for one in getattr(self.world, LISTS[what])]
        pages = [rows[at : at + self.per_page] for at in range(0, max(len(rows), 1), self.per_page)]
        if self.fault is not None and self.fault.of == what:
            pages = self.fault.on(pages)
        number = int(request.url.params.get("page", 1))
        more = number < len(pages)
        following = f"{BASE}/schools/A1/{what}?page={number + 1}" if more else None
        meta = {"pagination": {"next": following, "more": more, "current_page": number}}
        return httpx2.Response(200, json={"data": pages[number - 1], "meta": meta})

    def _counts(self) -> dict[str, Any]:
        return {what: {"data": {"count": len(getattr(self.world, of))}} for what, of in LISTS.items()}

    def provider(self) -> WondeProvider:
        client = httpx2.Client(transport=httpx2.MockTransport(self))
        return WondeProvider(base_url=BASE, token="app", client=client)


def _row(what: str, row: Any) -> Row:
    found: Row = {"id": row.broker_id, "mis_id": row.mis_id}
    if what in ("groups", "classes"):
        leaders = {"data": [{"id": one, "meta": {"is_main_teacher": True}} for one in row.employees]}
        return {**found, "name": row.name, "employees": leaders, "type": "REGISTRATION"}
    found |= {"forename": row.forename, "surname": row.surname}
    if what == "students":
        found["education_details"] = {"data": {"upn": row.upn}}
        found["registration"] = {"data": {"id": row.registration_group}}
        found["classes"] = {"data": [{"id": one} for one in row.classes]}
    return found


def a_world(pupils: int, staff: int, classes: int) -> World:
    taught = tuple(f"Bc{number}" for number in range(classes))
    return World(
        employees=tuple(an_mis_employee(f"e{n}", forename=f"Mo{n}", surname=f"Ali{n}") for n in range(staff)),
        registration_groups=(an_mis_group("g1", "4A"),),
        classes=tuple(an_mis_class(f"c{n}", f"Maths {n}") for n in range(classes)),
        pupils=tuple(
            an_mis_pupil(f"p{n}", forename=f"Kit{n}", upn=a_upn(n), registration_group="Bg1", classes=taught)
            for n in range(pupils)
        ),
    )


@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), FAULT)
@settings(PATIENT, max_examples=8 * DEEPER)
def test_a_page_that_is_dropped_repeated_or_out_of_order_makes_nobody_leave(
    db: None, pupils: int, staff: int, classes: int, per_page: int, fault: Fault
) -> None:
    world = a_world(pupils, staff, classes)
    with an_example(), stamina.set_testing(True, attempts=1):
        oak = Oak()
        oak.save(fetched(oak.connection, oak.ada, Broker(world, 50).provider()))
        before = seen(oak.school)
        run = fetched(oak.connection, oak.ada, Broker(world, per_page, fault).provider())
        if run.state == RunState.REVIEWING:
            oak.save(run)
        assert seen(oak.school).people == before.people
        assert seen(oak.school).enrolments == before.enrolments
        with school_scope(oak.school.pk):
            left = PlannedChange.objects.filter(kind__in=[ChangeKind.LOSE, ChangeKind.LEAVE_CLASS])
            assert not left.exclude(subject="registration").exists()
