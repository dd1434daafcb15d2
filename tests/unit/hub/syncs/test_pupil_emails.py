"""Pupils' e-mail addresses are taken only where a person ticked them, for one save, and go back with its undo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from adminhub.hub.applying.actions import apply
from adminhub.hub.applying.undoing import draft_undo
from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow
from adminhub.hub.roster.models import Kind, Pupil
from adminhub.hub.schools.models import Role, School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_grant, a_user
from tests.unit.hub.syncs.cast import an_mis_pupil, fetched, save
from tests.unit.hub.syncs.test_sync import oaks_mis
from tests.unit.hub.syncs.test_wizard import address, window

__all__ = ["window"]
pytestmark = pytest.mark.django_db


def mis(*emails: str) -> Any:
    names = ("Kit", "Ola", "Una", "Ivo")
    return oaks_mis(
        children=[
            an_mis_pupil(f"p{n}", forename=names[n], surname=f"{names[n]}son", email=email)
            for n, email in enumerate(emails)
        ]
    )


SENT = mis("kit@oak.example", "ola@oak.example", "una@oak.example", "ivo.mum@gmail.com")


def emails(oak: School) -> set[str]:
    with school_scope(oak.pk):
        return set(Pupil.objects.exclude(email="").values_list("email", flat=True))


@pytest.fixture
def run(oak: School, ada: User, connection: Connection) -> SyncRun:
    return fetched(connection, ada, SENT)


def test_no_address_is_taken_unasked(
    oak: School, ada: User, wellbeing: Service, run: SyncRun, window: Client
) -> None:
    page = window.get(address(run, "panel", panel="pupils"))
    assert b"none is taken" in page.content
    save(run, Kind.PUPIL, ada, wellbeing)
    assert emails(oak) == set()


def test_all_without_a_warning_are_taken_with_one_press_and_only_with_the_save(
    oak: School, ada: User, wellbeing: Service, run: SyncRun, window: Client
) -> None:
    page = window.get(address(run, "emails"))
    assert page.content.count(b'name="take"') == 4
    assert page.content.count(b" checked") == 0
    assert b"A personal mail service" in page.content
    window.post(address(run, "emails"), {"which": "clear"})
    assert emails(oak) == set()
    assert b"3 pupils" in window.get(address(run, "panel", panel="pupils")).content
    save(run, Kind.PUPIL, ada, wellbeing)
    assert emails(oak) == {"kit@oak.example", "ola@oak.example", "una@oak.example"}


def test_ticks_are_kept_for_those_shown_and_taken_back(oak: School, run: SyncRun, window: Client) -> None:
    with school_scope(oak.pk):
        rows = list(MatchRow.objects.filter(kind=Kind.PUPIL).values_list("pk", flat=True))
    window.post(address(run, "emails"), {"shown": rows, "take": rows[:2]})
    window.post(address(run, "emails"), {"shown": rows[1:], "take": rows[3:]})
    with school_scope(oak.pk):
        taken = MatchRow.objects.filter(takes_email=True).values_list("pk", flat=True)
        assert set(taken) == {rows[0], rows[3]}


def test_the_next_sync_asks_anew(
    oak: School, ada: User, wellbeing: Service, connection: Connection, run: SyncRun, window: Client
) -> None:
    window.post(address(run, "emails"), {"which": "clear"})
    save(run, Kind.PUPIL, ada, wellbeing)
    later = fetched(connection, ada, mis("new@oak.example", "ola@oak.example", "una@oak.example", ""))
    page = window.get(address(later, "emails"))
    assert [(line.theirs, line.ours, line.is_taken) for line in page.context["page"]] == [
        ("new@oak.example", "kit@oak.example", False)
    ]
    save(later, Kind.PUPIL, ada, wellbeing)
    assert emails(oak) == {"kit@oak.example", "ola@oak.example", "una@oak.example"}


def test_taking_them_is_undone_with_the_save(
    oak: School, ada: User, wellbeing: Service, connection: Connection, run: SyncRun, window: Client
) -> None:
    save(run, Kind.PUPIL, ada, wellbeing)
    later = fetched(connection, ada, SENT)
    window.post(address(later, "emails"), {"which": "clear"})
    plan = save(later, Kind.PUPIL, ada, wellbeing)
    assert len(emails(oak)) == 3
    with school_scope(oak.pk):
        apply(draft_undo([plan], by=ada), by=ada)
    assert emails(oak) == set()


def test_only_the_access_coordinator_chooses(oak: School, wellbeing: Service, run: SyncRun) -> None:
    ben = a_user("Ben")
    a_grant(ben, oak, wellbeing, Role.TEACHER_ADMIN)
    client = Client()
    client.force_login(ben)
    assert client.get(address(run, "emails")).status_code == 403
    assert client.post(address(run, "emails"), {"which": "clear"}).status_code == 403
    with school_scope(oak.pk):
        assert not MatchRow.objects.filter(takes_email=True).exists()
