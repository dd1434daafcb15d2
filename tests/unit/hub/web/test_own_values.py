"""Whose a field is: the MIS's, the school's, or the MIS's with the school's own value kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import Decision, Plan, PlannedChange, Purpose
from adminhub.hub.roster.editing import edit_record, give_up_own_value
from adminhub.hub.roster.errors import BelongsToMIS
from adminhub.hub.roster.models import FeedEntry, FieldOverride, Kind, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil
from tests.unit.hub.syncs.cast import (
    Sends,
    a_connection,
    a_upn,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
    statuses,
)

pytestmark = pytest.mark.django_db
BORN = date(2016, 3, 4)


def a_mis(**changes: object) -> Sends:
    values = {"upn": a_upn(1), "birthday": BORN, "forename": "Kit", "surname": "Ray", **changes}
    return Sends(children=[an_mis_pupil("p1", **values)])


@pytest.fixture
def connection(oak: School, ada: User) -> Connection:
    return a_connection(oak, ada)


@pytest.fixture
def kit(oak: School, ada: User, wellbeing: Service, connection: Connection) -> Pupil:
    """Synced."""
    pupil = a_pupil(oak, upn=a_upn(1), birthday=BORN)
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    return pupil


def test_a_field_of_the_mis_is_changed_there_or_kept_on_purpose(oak: School, ada: User, kit: Pupil) -> None:
    with school_scope(oak.pk):
        with pytest.raises(BelongsToMIS) as refused:
            edit_record(
                record=kit, values={"surname": "Ray-Jones", "email": "kit@oak.example"}, own=(), by=ada
            )
        assert refused.value.fields == ("surname",)
        kit.refresh_from_db()
        assert (kit.surname, kit.email) == ("Ray", "")
        edit_record(record=kit, values={"email": "kit@oak.example"}, own=(), by=ada)
        edit_record(record=kit, values={"surname": "Ray-Jones"}, own=("surname",), by=ada)
        kit.refresh_from_db()
        assert (kit.surname, kit.email) == ("Ray-Jones", "kit@oak.example")
        assert FieldOverride.objects.get().mis_value == "Ray"
        assert FeedEntry.objects.filter(kind="pupil", sourced_id=kit.sourced_id).count() >= 2
        assert AuditEntry.objects.filter(action="person.edited", by=ada).count() == 2


def test_who_is_not_synced_is_the_schools_to_change(oak: School, ada: User) -> None:
    jo = a_pupil(oak, forename="Jo")
    with school_scope(oak.pk):
        edit_record(record=jo, values={"surname": "Novák"}, own=(), by=ada)
        assert Pupil.objects.get(pk=jo.pk).surname == "Novák"
        assert not FieldOverride.objects.exists()


def test_a_sync_keeps_and_shows_the_schools_own_value(
    oak: School,
    ada: User,
    wellbeing: Service,
    kit: Pupil,
    connection: Connection,
) -> None:
    with school_scope(oak.pk):
        edit_record(record=kit, values={"surname": "Ray-Jones"}, own=("surname",), by=ada)
    run = fetched(connection, ada, a_mis(surname="Rae", year_group="5"))
    plan = save(run, Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        kit.refresh_from_db()
        assert (kit.surname, kit.year_group) == ("Ray-Jones", "5")
        (kept,) = PlannedChange.objects.filter(plan=plan, kind="keep")
        assert (kept.before, kept.after, kept.is_skipped) == (
            {"surname": "Ray-Jones"},
            {"surname": "Rae"},
            True,
        )
        assert plan.counts["kept"] == 1
        assert FieldOverride.objects.get().mis_value == "Rae"
        give_up_own_value(record=kit, field="surname", by=ada)
        kit.refresh_from_db()
        assert kit.surname == "Rae"
        assert not give_up_own_value(record=kit, field="surname", by=ada)
    assert not save(
        fetched(connection, ada, a_mis(surname="Rae", year_group="5")), Kind.PUPIL, ada, wellbeing
    ).counts.get("update")


def test_the_form_says_where_a_field_comes_from(
    client_of_ada: Client,
    oak: School,
    kit: Pupil,
) -> None:
    address = f"/{oak.centre_id}/wellbeing/pupils/{kit.sourced_id}/edit/"
    typed = {
        "forename": "Kit",
        "surname": "Ray-Jones",
        "birthday": "2016-03-04",
        "upn": a_upn(1),
        "year_group": "4",
    }
    said = client_of_ada.post(address, typed).content.decode()
    assert "Surname comes from your MIS: change it there" in said
    with school_scope(oak.pk):
        assert not FieldOverride.objects.exists()
    assert client_of_ada.post(address, {**typed, "keep_surname": "on"}).status_code == 302
    page = client_of_ada.get(f"/{oak.centre_id}/wellbeing/pupils/{kit.sourced_id}/").content.decode()
    assert "your MIS says Ray" in page
    client_of_ada.post(f"/{oak.centre_id}/wellbeing/people/{kit.sourced_id}/own-value/", {"field": "surname"})
    with school_scope(oak.pk):
        assert Pupil.objects.get(pk=kit.pk).surname == "Ray"


def test_of_two_who_change_somebody_at_once_the_second_sees_what_the_first_has_saved(
    client_of_ada: Client, oak: School, kit: Pupil
) -> None:
    address = f"/{oak.centre_id}/wellbeing/pupils/{kit.sourced_id}/edit/"
    looked_at = version_on(client_of_ada.get(address).content.decode())
    typed = {
        "forename": "Kit",
        "surname": "Ray",
        "birthday": "2016-03-04",
        "upn": a_upn(1),
        "year_group": kit.year_group,
        "looked_at": looked_at,
    }
    assert client_of_ada.post(address, {**typed, "email": "kit@oak.example"}).status_code == 302
    page = client_of_ada.post(address, {**typed, "email": "kit.ray@oak.example"}).content.decode()
    assert "Nothing was saved: this was changed after you had opened the page" in page
    assert "E-mail is kit@oak.example" in page
    with school_scope(oak.pk):
        assert Pupil.objects.get(pk=kit.pk).email == "kit@oak.example"
    seen = {**typed, "email": "kit.ray@oak.example", "looked_at": version_on(page)}
    assert client_of_ada.post(address, seen).status_code == 302
    with school_scope(oak.pk):
        assert Pupil.objects.get(pk=kit.pk).email == "kit.ray@oak.example"


def version_on(page: str) -> str:
    """Which state of the record the form knows."""
    return page.split('name="looked_at" value="')[1].split('"')[0]


def test_a_teacher_may_not_change_people(
    logged_in: Callable[[User], Client],
    ben: User,
    oak: School,
    kit: Pupil,
) -> None:
    address = f"/{oak.centre_id}/wellbeing/pupils/{kit.sourced_id}/edit/"
    assert logged_in(ben).get(address).status_code == 403
    assert (
        logged_in(ben).post(f"/{oak.centre_id}/wellbeing/people/{kit.sourced_id}/unlink/").status_code == 403
    )


def test_who_was_unlinked_by_hand_is_not_linked_again_by_a_sync(
    client_of_ada: Client,
    oak: School,
    ada: User,
    wellbeing: Service,
    kit: Pupil,
    connection: Connection,
) -> None:
    answer = client_of_ada.post(f"/{oak.centre_id}/wellbeing/people/{kit.sourced_id}/unlink/")
    with school_scope(oak.pk):
        assert MISLink.objects.filter(pupil=kit).exists(), "only drafted"
    said = client_of_ada.get(answer["Location"]).content.decode()
    assert "Unlink now" in said
    client_of_ada.post(f"{answer['Location']}apply/")
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(pupil=kit).exists()
        assert Decision.objects.get().is_same is False
        assert Plan.objects.get(purpose=Purpose.UNLINK).stands
    assert statuses(fetched(connection, ada, a_mis()), Kind.PUPIL) == {"not_matched": 1, "new": 1}


def test_an_unlinking_that_was_undone_is_not_done_again_by_the_next_sync(
    client_of_ada: Client, oak: School, ada: User, wellbeing: Service, kit: Pupil, connection: Connection
) -> None:
    unlinking = client_of_ada.post(f"/{oak.centre_id}/wellbeing/people/{kit.sourced_id}/unlink/")["Location"]
    client_of_ada.post(f"{unlinking}apply/")
    undo = client_of_ada.post(f"{unlinking}undo/")["Location"]
    client_of_ada.post(f"{undo}apply/")
    with school_scope(oak.pk):
        assert MISLink.objects.filter(pupil=kit).exists()
        assert not Decision.objects.exists()
    save(fetched(connection, ada, a_mis()), Kind.PUPIL, ada, wellbeing)
    with school_scope(oak.pk):
        assert MISLink.objects.get(pupil=kit).mis_id == "p1"
    again = client_of_ada.post(f"{undo}undo/")["Location"]
    client_of_ada.post(f"{again}apply/")
    with school_scope(oak.pk):
        assert Decision.objects.get().keys, "known again after a change of MIS"
        assert not MISLink.objects.filter(pupil=kit).exists()


def a_mis_with_a_group(name: str = "4B", mis_id: str = "g1") -> Sends:
    """Kit's registration group, of a name and MIS ID."""
    children = [
        an_mis_pupil(
            f"p{n}", upn=a_upn(n), forename=f"Kit{n}", birthday=BORN, registration_group=f"B{mis_id}"
        )
        for n in range(1, 5)
    ]
    return Sends(groups=[an_mis_group(mis_id, name)], children=children)


def test_a_class_keeps_the_name_its_school_gave_it_and_stays_the_same_class(
    client_of_ada: Client, oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, a_mis_with_a_group()), ada, wellbeing)
    with school_scope(oak.pk):
        group = SchoolClass.objects.get()
    address = f"/{oak.centre_id}/wellbeing/classes/{group.sourced_id}/"
    typed = {"name": "Beech", "year_groups": ["4"]}
    said = client_of_ada.post(f"{address}edit/", typed).content.decode()
    assert "Name comes from your MIS: change it there" in said
    assert client_of_ada.post(f"{address}edit/", {**typed, "keep_name": "on"}).status_code == 302
    with school_scope(oak.pk):
        assert FieldOverride.objects.get().mis_value == "4B"
        assert AuditEntry.objects.filter(action="class.edited", by=ada).exists()
    # the class's MIS ID is another one now, and its pupils are unknown: by its name in the MIS it is found again
    run = fetched(connection, ada, Sends(groups=[an_mis_group("g9", "4B")]))
    assert statuses(run, Kind.REGISTRATION) == {"may_match": 1}
    run = fetched(connection, ada, a_mis_with_a_group("4 Elm"))
    plan = save(run, Kind.REGISTRATION, ada, wellbeing)
    with school_scope(oak.pk):
        group.refresh_from_db()
        (kept,) = PlannedChange.objects.filter(plan=plan, kind="keep")
        assert (group.name, kept.before, kept.after) == ("Beech", {"name": "Beech"}, {"name": "4 Elm"})
    assert "your MIS says 4 Elm" in client_of_ada.get(address).content.decode()
    client_of_ada.post(f"{address}own-value/", {"field": "name"})
    with school_scope(oak.pk):
        group.refresh_from_db()
        assert (group.name, FieldOverride.objects.count()) == ("4 Elm", 0)


def test_a_teacher_may_not_change_a_class(
    logged_in: Callable[[User], Client], ben: User, oak: School, wellbeing: Service
) -> None:
    with school_scope(oak.pk):
        group = SchoolClass.objects.create(school=oak, kind="registration", name="4B")
    address = f"/{oak.centre_id}/wellbeing/classes/{group.sourced_id}/"
    assert logged_in(ben).get(f"{address}edit/").status_code == 403
    assert logged_in(ben).post(f"{address}own-value/", {"field": "name"}).status_code == 403
    assert "Change</" not in logged_in(ben).get(address).content.decode()
