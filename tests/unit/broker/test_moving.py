"""A change of MIS: people keep the ids apps know them by, it is rehearsed, and apps are told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.moving.actions import (
    NotAsShown,
    carry_out,
    give_up,
    give_up_old_rehearsals,
    rehearse_roster,
)
from adminhub.broker.moving.carrying import KnownPerson, rehearse
from adminhub.broker.moving.models import MISMove
from adminhub.broker.moving.queries import rehearsal_of
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Deletion, Employee, Pupil, Source, SourceUpload
from adminhub.broker.webhooks.models import Delivery
from adminhub.mis import Roster
from tests.unit.broker.cast import (
    a_live_consent,
    a_pupil,
    a_roster,
    a_set_up_school,
    a_upn,
    an_app,
    an_employee,
)
from tests.unit.broker.portal.cast import another_schools_administrator, browser


def of_new_mis(roster: Roster, *, first: int = 0) -> Roster:
    """The same people and classes as another MIS has them: its ids are others', which others had before."""
    pupils = {pupil.mis_id: f"p{first + place + 1}" for place, pupil in enumerate(roster.pupils)}
    staff = {person.mis_id: f"e{first + place + 1}" for place, person in enumerate(roster.employees)}
    return replace(
        roster,
        format="arbor",
        pupils=tuple(replace(pupil, mis_id=pupils[pupil.mis_id]) for pupil in roster.pupils),
        employees=tuple(replace(person, mis_id=staff[person.mis_id]) for person in roster.employees),
        classes=tuple(
            replace(
                group,
                pupils=tuple(pupils[mis_id] for mis_id in group.pupils),
                employees=tuple(staff[mis_id] for mis_id in group.employees),
            )
            for group in roster.classes
        ),
    )


def ids_by_name(school: School) -> dict[str | None, tuple[int, str]]:
    with school_scope(school.pk):
        people = [
            *Pupil.objects.filter(status="current"),
            *Employee.objects.filter(status="current"),
        ]
        return {person.surname: (person.id, person.upi) for person in people}


def shown(school: School, move: MISMove) -> str:
    with school_scope(school.pk):
        return rehearsal_of(school, move).fingerprint


@pytest.mark.django_db
def test_everybody_keeps_their_id_though_the_new_mis_numbers_them_like_others_before():
    school, pat = a_set_up_school()
    before = ids_by_name(school)
    move = rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    assert (move.counts["pupils_kept"], move.counts["pupils_lost"], move.counts["pupils_new"]) == (40, 0, 0)
    assert ids_by_name(school) == before
    upload = carry_out(school=school, move_id=move.pk, shown=shown(school, move), by=pat)
    assert upload.outcome == SourceUpload.Outcome.PUBLISHED
    assert ids_by_name(school) == before
    assert Source.objects.get(school=school).format == "arbor"
    with school_scope(school.pk):
        assert Pupil.objects.get(surname="Ray0", status="current").mis_id == "p1"
        assert not Deletion.objects.filter(type__in=("student", "employee")).exists()
        assert Deletion.objects.filter(type="class", mis_id="c0").exists()


@pytest.mark.django_db
def test_who_is_not_found_loses_the_id_and_a_stranger_of_the_same_number_does_not_get_it():
    school, pat = a_set_up_school()
    before = ids_by_name(school)
    roster = of_new_mis(a_roster())
    first = replace(roster.pupils[0], upn=None, mis_id="p0")
    stranger = a_pupil(77, mis_id="p1", upn=a_upn(77))
    changed = replace(roster, pupils=(first, *roster.pupils[1:], stranger))
    move = rehearse_roster(school=school, roster=changed, by=pat)
    assert (move.counts["pupils_lost"], move.counts["pupils_new"]) == (1, 2)
    carry_out(school=school, move_id=move.pk, shown=shown(school, move), by=pat)
    after = ids_by_name(school)
    assert after["Ray0"] != before["Ray0"]
    assert after["Ray77"][0] not in {number for number, _ in before.values()}
    assert len({upi for _, upi in after.values()}) == len(after)
    with school_scope(school.pk):
        assert Deletion.objects.get(type="student").mis_id == "p0"


@pytest.mark.django_db
def test_apps_are_told_in_the_documented_shape(django_capture_on_commit_callbacks):
    school, pat = a_set_up_school()
    app = an_app()
    a_live_consent(app, school, pat)
    move = rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    assert not Delivery.objects.filter(payload_type="schoolMigration").exists()
    carry_out(school=school, move_id=move.pk, shown=shown(school, move), by=pat)
    payload = Delivery.objects.get(payload_type="schoolMigration").payload
    assert set(payload) == {
        "payload_type",
        "school_id",
        "school_name",
        "migrate_from",
        "migrate_to",
        "scheduled_at",
        "completed_at",
    }
    assert (payload["migrate_from"], payload["migrate_to"]) == ("sims", "arbor")


@pytest.mark.django_db
def test_a_rehearsal_that_no_longer_holds_is_not_carried_out_and_one_given_up_neither():
    school, pat = a_set_up_school()
    move = rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    old = shown(school, move)
    publish(school=school, roster=a_roster(pupils=41), by=None)
    before = ids_by_name(school)
    with pytest.raises(NotAsShown):
        carry_out(school=school, move_id=move.pk, shown=old, by=pat)
    give_up(school=school, move_id=move.pk, by=pat)
    with pytest.raises(NotPossible):
        carry_out(school=school, move_id=move.pk, shown=shown(school, move), by=pat)
    assert ids_by_name(school) == before
    with school_scope(school.pk):
        assert MISMove.objects.get(pk=move.pk).roster is None


@pytest.mark.django_db
def test_pat_rehearses_and_carries_out_on_the_page_and_nobody_else_can():
    school, pat = a_set_up_school()
    move = rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    address = f"/schools/{school.broker_id}/data-source/change-of-mis/"
    page = browser(pat).get(address).content.decode()
    assert "Nobody would lose their id" in page
    sent = {"shown": page.split('name="shown" value="', 1)[1].split('"', 1)[0]}
    cal = browser(another_schools_administrator())
    assert cal.get(address).status_code == 404
    assert cal.post(f"{address}{move.pk}/carry-out/", sent).status_code == 404
    page = browser(pat).post(f"{address}{move.pk}/carry-out/", sent, follow=True).content.decode()
    assert "Carried out by" in page
    answer = browser(pat).post(
        f"{address}rehearse/", {"export": SimpleUploadedFile("a.csv", b"nothing,known\n")}
    )
    assert answer.status_code == 422


@pytest.mark.django_db
def test_a_rehearsal_left_lying_is_forgotten_with_what_was_read():
    school, pat = a_set_up_school()
    move = rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    give_up_old_rehearsals()
    with school_scope(school.pk):
        assert MISMove.objects.get(pk=move.pk).roster
        MISMove.objects.update(at=timezone.now() - timedelta(days=31))
    give_up_old_rehearsals()
    with school_scope(school.pk):
        kept = MISMove.objects.get(pk=move.pk)
    assert (kept.state, kept.roster) == (MISMove.State.GIVEN_UP, None)


@pytest.mark.django_db
def test_moves_are_behind_both_locks():
    school, pat = a_set_up_school()
    rehearse_roster(school=school, roster=of_new_mis(a_roster()), by=pat)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from broker_moving_mismove")
        assert cursor.fetchone() == (0,)


def known(number: int, **fields) -> KnownPerson:
    values = {"kind": "pupil", "record_id": number, "mis_id": str(number), "is_current": True}
    return KnownPerson(**{**values, "forename": "Kit", "surname": "Ray", "upn": a_upn(number), **fields})


def reading(*pupils, employees=()) -> Roster:
    return Roster(format="arbor", as_at=date(2026, 9, 14), pupils=pupils, employees=employees)


@pytest.mark.parametrize(
    ("people", "new", "said"),
    [
        ([known(1, upn=None)], [a_pupil(1)], "no UPN"),
        ([known(1)], [a_pupil(1), a_pupil(2, upn=a_upn(1))], "Several pupils"),
        ([known(1, born=date(2010, 1, 1))], [a_pupil(1)], "another birthday"),
        ([known(1), known(2, upn=a_upn(1))], [a_pupil(1)], "several known"),
        ([known(1)], [a_pupil(9)], "not in the new data"),
    ],
)
def test_nobody_is_carried_on_a_maybe(people, new, said):
    move = rehearse(people, reading(*new))
    assert move.carried == ()
    assert said in move.losing[0].reason


def test_of_two_records_with_one_upn_the_one_that_is_served_is_meant():
    move = rehearse([known(1, is_current=False), known(2, upn=a_upn(1))], reading(a_pupil(1)))
    assert [each.person.record_id for each in move.carried] == [2]


def test_staff_keep_theirs_by_number_or_address_but_not_an_address_that_went_to_somebody_else():
    staff = {"kind": "employee", "upn": None, "forename": "Ben1", "surname": "Oduya1"}
    ben = known(1, **staff, teacher_number="1234567", email="ben@oakhill.example")
    bea = known(2, **{**staff, "surname": "Osei"}, email="office@oakhill.example")
    cal = known(3, **staff, email="Ben1@oakhill.example")
    new = (
        an_employee(5, teacher_number="1234567", legal_surname="Oduya1"),
        an_employee(6, email="office@oakhill.example"),
        an_employee(1),
    )
    move = rehearse([ben, bea, cal], reading(employees=new))
    assert {(each.person.record_id, each.new_mis_id, each.by) for each in move.carried} == {
        (1, "e5", "teacher number"),
        (3, "e1", "e-mail address"),
    }
