"""A change of MIS on screen: rehearse, look, decide, move, undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from django.test import Client
from django.utils import timezone

from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core.scope import school_scope
from adminhub.hub.moving.carrying import FORMER
from adminhub.hub.moving.models import Move, MoveState
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.roster.models import Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.run import carry_on
from tests.unit.hub.moving.test_move import links, the_new_mis, the_old_mis
from tests.unit.hub.syncs.cast import Sends, a_connection, fetched, save_everything

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
START = "school/mis-sync/move/"


@pytest.fixture
def old(oak: School, ada: User, wellbeing: Service) -> Sends:
    """Oak is synced with its old MIS."""
    sends = the_old_mis()
    save_everything(fetched(a_connection(oak, ada), ada, sends), ada, wellbeing)
    return sends


def text_of(response: object) -> str:
    return re.sub(r"\s+", " ", response.content.decode())  # type: ignore[attr-defined]


def rehearsed(client: Client, at: At, oak: School, new: Sends) -> str:
    """Press the button, and let the data come. Returns the rehearsal's address."""
    address = str(client.post(at(f"{START}begin/")).headers["location"])
    assert "Fetching everything from the new MIS" in text_of(client.get(address))
    with school_scope(oak.pk):
        run = SyncRun.objects.latest("pk")
    carry_on(school_id=oak.pk, run_id=run.pk, provider=new)
    return address


def test_without_a_connection_or_links_it_says_what_to_do_first(
    client_of_ada: Client, ada: User, oak: School, at: At
) -> None:
    assert "Your school is not connected to an MIS at present." in text_of(client_of_ada.get(at(START)))
    a_connection(oak, ada)
    assert "there is nothing to carry" in text_of(client_of_ada.get(at(START)))


def test_a_move_from_rehearsal_to_undo(client_of_ada: Client, oak: School, at: At, old: Sends) -> None:
    before, new = links(oak), the_new_mis(old)
    new.children = new.children[1:]
    address = rehearsed(client_of_ada, at, oak, new)
    assert client_of_ada.get(address, headers={"HX-Request": "true"}).headers["HX-Redirect"] == address
    text = text_of(client_of_ada.get(address))
    assert "Nothing has been changed yet" in text
    assert "Move 12 to the new MIS" in text
    assert links(oak) == before
    lost = text_of(client_of_ada.get(f"{address}pupils/?part=lost"))
    assert "Not found in the new MIS" in lost
    moved = text_of(client_of_ada.post(f"{address}move/", {"lost_ids": "keep"}, follow=True))
    assert "Nobody was added and nobody was removed" in moved
    assert {name: links(oak)[name] for name in (one.forename for one in new.children)} == {
        one.forename: one.mis_id for one in new.children
    }
    with school_scope(oak.pk):
        plan = Move.objects.get().plan
    assert plan is not None
    shown = client_of_ada.post(at(f"school/plans/{plan.pk}/undo/"), follow=True)
    client_of_ada.post(f"{shown.redirect_chain[-1][0]}apply/")
    assert "A move that was undone" in text_of(client_of_ada.get(address))
    assert links(oak) == before


def test_a_person_decides_and_can_take_it_back(
    client_of_ada: Client, oak: School, at: At, old: Sends
) -> None:
    new = the_new_mis(old)
    bare = msgspec.structs.replace(new.children[0], upn="", birthday=None)
    new.children = [bare, *new.children[1:]]
    address = rehearsed(client_of_ada, at, oak, new)
    client_of_ada.get(address)
    text = text_of(client_of_ada.get(f"{address}pupils/?part=person"))
    assert bare.forename in text
    with school_scope(oak.pk):
        pupil = Pupil.objects.get(forename=bare.forename)
        snapshot = Move.objects.get().snapshot
        staged = snapshot.pupils.get(mis_id=bare.mis_id)
        line = MatchRow.objects.get(snapshot=snapshot, kind=Kind.PUPIL, hub_id=pupil.pk)
    there = f"{address}pupils/"
    client_of_ada.post(f"{there}decide/", {"accept": line.pk, "back": f"{there}?part=person"})
    assert "Nobody needs you here" in text_of(client_of_ada.get(f"{there}?part=person"))
    nothing = client_of_ada.post(f"{there}decide/", {"accept_picked": "yes"}, follow=True)
    assert "tick the lines first" in text_of(nothing)
    client_of_ada.post(f"{there}decide/", {"undo": "last"})
    assert bare.forename in text_of(client_of_ada.get(f"{there}?part=person"))
    away = client_of_ada.post(
        f"{there}decide/", {"pair": f"{pupil.pk}:{staged.pk}", "back": "https://elsewhere.example/"}
    )
    assert away.headers["location"] == there
    client_of_ada.post(f"{address}move/")
    assert links(oak)[bare.forename] == bare.mis_id


def test_many_lost_must_be_confirmed(client_of_ada: Client, oak: School, at: At, old: Sends) -> None:
    new = the_new_mis(old)
    new.children = new.children[6:]
    before = links(oak)
    address = rehearsed(client_of_ada, at, oak, new)
    text = text_of(client_of_ada.post(f"{address}move/", follow=True))
    assert "6 of 9 linked pupils were not found in the new MIS" in text
    assert links(oak) == before
    client_of_ada.post(f"{address}move/", {"confirm": "lost_pupils", "lost_ids": "clear"})
    with school_scope(oak.pk):
        assert MISLink.objects.filter(kind=Kind.PUPIL).count() == 3
        assert not MISLink.objects.filter(kind=Kind.PUPIL, mis_id__startswith=FORMER).exists()


def test_giving_up_changes_nothing(client_of_ada: Client, oak: School, at: At, old: Sends) -> None:
    before = links(oak)
    address = rehearsed(client_of_ada, at, oak, the_new_mis(old))
    client_of_ada.get(address)
    assert "The rehearsal is over" in text_of(client_of_ada.post(f"{address}give-up/", follow=True))
    assert links(oak) == before
    with school_scope(oak.pk):
        assert Move.objects.get().state == MoveState.DROPPED
    assert client_of_ada.get(f"{address}pupils/").status_code == 404


def test_the_review_of_another_mis_leads_to_the_assistant_with_what_was_fetched(
    client_of_ada: Client, oak: School, ada: User, at: At, old: Sends
) -> None:
    new = the_new_mis(old)
    new.children = [msgspec.structs.replace(one, mis_id=f"P-{one.mis_id}") for one in new.children]
    with school_scope(oak.pk):
        connection = Connection.objects.get()
    run = fetched(connection, ada, new)
    review = at(f"school/mis-sync/run/{run.pk}/pupils/")
    text = text_of(client_of_ada.get(review))
    assert "It looks as if your school has changed its MIS" in text
    address = client_of_ada.post(at(f"{START}begin/"), {"run": run.pk}).headers["location"]
    assert "Nothing has been changed yet" in text_of(client_of_ada.get(address))
    with school_scope(oak.pk):
        assert Move.objects.get().snapshot_id == run.snapshot_id
    client_of_ada.post(f"{address}move/")
    assert "It looks as if" not in text_of(client_of_ada.get(review))


def test_another_source_than_before_is_pointed_out_on_the_sync_page(
    client_of_ada: Client, oak: School, ada: User, at: At, old: Sends
) -> None:
    sync_page = at("school/mis-sync/")
    assert "Open the assistant" not in text_of(client_of_ada.get(sync_page))
    with school_scope(oak.pk):
        Connection.objects.update(
            state=State.DEAUTHORISED, mis_name="SIMS", authorised_at=timezone.now(), ended_at=timezone.now()
        )
    other = a_connection(oak, ada)
    with school_scope(oak.pk):
        Connection.objects.filter(pk=other.pk).update(mis_name="Arbor", checked_at=timezone.now())
    assert "was connected to SIMS before, and is to Arbor now" in text_of(client_of_ada.get(sync_page))
