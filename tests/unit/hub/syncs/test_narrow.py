"""What a night looks at: only what is new, unless somebody else could be meant by it."""

from __future__ import annotations

import msgspec
import pytest

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning import actions as planning
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.roster.models import Kind, Pupil
from adminhub.hub.schools.models import School
from adminhub.hub.staging.models import Snapshot
from adminhub.hub.syncs.models import Outcome, Policy, SyncRun
from tests.unit.hub.cast import a_pupil
from tests.unit.hub.syncs.nights import at_night, pupils, say, with_settings

pytestmark = pytest.mark.django_db


def lines(school: School) -> dict[int, str]:
    """The pupils' lines of the review by their keys, which are new ones where a line says something else."""
    with school_scope(school.pk):
        newest = MatchRow.objects.order_by("-snapshot_id").values_list("snapshot_id", flat=True)[:1]
        rows = MatchRow.objects.filter(snapshot_id=newest, kind=Kind.PUPIL)
        return dict(rows.values_list("pk", "name"))


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Kind]:
    """The kinds of which everybody has been compared since the test began."""
    found: list[Kind] = []
    match_kind = planning.match_kind

    def noted(snapshot: Snapshot, kind: Kind) -> int:
        found.append(kind)
        return match_kind(snapshot, kind)

    monkeypatch.setattr(planning, "match_kind", noted)
    return found


def a_night_with(broker: FakeProvider, connection: Connection, **fields: str) -> SyncRun:
    """The first of Oak's pupils is otherwise than before."""
    children = pupils(12)
    children[0] = msgspec.structs.replace(children[0], **fields)
    with_settings(connection.school, policy=Policy.SAFE)
    say(broker, connection.school, pupils=children)
    return at_night(connection, broker)


def test_a_night_leaves_the_lines_of_whoever_has_not_changed_as_they_are(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, compared: list[Kind]
) -> None:
    before = lines(oak)
    run = a_night_with(broker, connection, surname="Adeyemi")
    after = lines(oak)
    assert run.outcome == Outcome.COMPLETE
    assert len(after) == len(before) == 12
    assert sorted(set(after.values()) - set(before.values())) == ["Adeyemi, Kit"]
    assert len(before.keys() & after.keys()) == 11
    assert Kind.PUPIL not in compared
    with school_scope(oak.pk):
        assert Pupil.objects.filter(surname="Adeyemi").exists()


def test_a_second_night_is_as_narrow_as_the_first(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, compared: list[Kind]
) -> None:
    a_night_with(broker, connection, surname="Adeyemi")
    before = lines(oak)
    a_night_with(broker, connection, surname="Zając")
    assert len(before.keys() & lines(oak).keys()) == 11
    assert Kind.PUPIL not in compared


def test_somebody_who_comes_to_look_like_an_unlinked_pupil_has_everybody_compared(
    oak: School, connection: Connection, synced: SyncRun, broker: FakeProvider, compared: list[Kind]
) -> None:
    with school_scope(oak.pk):
        a_pupil(oak, forename="Kit", surname="Adeyemi", upn="")
    a_night_with(broker, connection, middle_names="Ann")  # everybody, for a pupil came by hand
    before = lines(oak)
    compared.clear()
    a_night_with(broker, connection, surname="Adeyemi")
    assert Kind.PUPIL in compared
    assert len(before.keys() & lines(oak).keys()) == 11, "whose line says the same keeps it"
    with school_scope(oak.pk):
        double = MatchRow.objects.get(
            hub_id__in=Pupil.objects.filter(upn="").values("pk"), snapshot__news__isnull=False
        )
        assert double.status == MatchStatus.MAY_MATCH
