"""Publishing a school's roster: ids stay, nothing is lost for want of an answer, the same twice writes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.broker.directory.models import School as BrokerSchool
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish, publish_files
from adminhub.broker.sources.models import (
    ClassPupil,
    Deletion,
    Employee,
    Group,
    Pupil,
    SchoolClass,
    Source,
    SourceUpload,
)
from adminhub.mis import Roster, School
from tests.unit.broker.cast import a_pupil, a_roster, a_school, in_every_school

pytestmark = pytest.mark.django_db
Outcome = SourceUpload.Outcome


def everything(school_id: int) -> dict[str, list[tuple[object, ...]]]:
    tables = {}
    with school_scope(school_id):
        for model in (Pupil, Employee, SchoolClass, Group):
            rows = model.objects.filter(school_id=school_id).order_by("pk").values_list()
            tables[model.__name__] = [tuple(map(str, row)) for row in rows]
        links = ClassPupil.objects.filter(school_id=school_id).values_list(
            "pk", "school_class_id", "pupil_id"
        )
        tables["links"] = sorted(links)
    return tables


def ids_of_pupils(school: BrokerSchool) -> dict[str, int]:
    with school_scope(school.pk):
        return dict(Pupil.objects.filter(school=school).values_list("mis_id", "pk"))


def count_current_pupils(school: BrokerSchool) -> int:
    with school_scope(school.pk):
        return Pupil.objects.filter(school=school, status="current").count()


def the_pupil(school: BrokerSchool, mis_id: str) -> Pupil:
    with school_scope(school.pk):
        return Pupil.objects.get(school=school, mis_id=mis_id)


def deletions_of(school: BrokerSchool) -> list[Deletion]:
    with school_scope(school.pk):
        return list(Deletion.objects.filter(school=school))


def without(roster: Roster, *mis_ids: str) -> Roster:
    return replace(
        roster,
        pupils=tuple(pupil for pupil in roster.pupils if pupil.mis_id not in mis_ids),
        classes=tuple(
            replace(group, pupils=tuple(mis_id for mis_id in group.pupils if mis_id not in mis_ids))
            for group in roster.classes
        ),
    )


def test_publishing_the_same_twice_changes_nothing_and_writes_no_record():
    school = a_school()
    assert publish(school=school, roster=a_roster(), by=None).outcome == Outcome.PUBLISHED
    before = everything(school.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert publish(school=school, roster=a_roster(), by=None).outcome == Outcome.UNCHANGED
    assert everything(school.pk) == before
    assert not [query for query in queries.captured_queries if "broker_sources_pupil" in query["sql"]]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(order):
    school = a_school()
    roster = a_roster(pupils=12, employees=3)
    publish(school=school, roster=roster, by=None)
    before = everything(school.pk)
    shuffled = replace(
        roster,
        pupils=tuple(order.sample(roster.pupils, len(roster.pupils))),
        employees=tuple(order.sample(roster.employees, len(roster.employees))),
    )
    assert publish(school=school, roster=shuffled, by=None).outcome == Outcome.UNCHANGED
    assert everything(school.pk) == before


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.sets(st.integers(0, 29), max_size=30), renamed=st.sets(st.integers(0, 29), max_size=5))
def test_ids_never_change_whoever_goes_and_comes_back(gone, renamed):
    school = a_school()
    roster = a_roster(pupils=30)
    publish(school=school, roster=roster, by=None, is_agreed=True)
    ids = ids_of_pupils(school)
    changed = replace(
        roster,
        pupils=tuple(
            replace(pupil, legal_surname="Novák") if int(pupil.mis_id[1:]) in renamed else pupil
            for pupil in roster.pupils
        ),
    )
    left = without(changed, *(f"p{number}" for number in gone))
    publish(school=school, roster=left, by=None, is_agreed=True)
    if left.pupils:
        assert count_current_pupils(school) == 30 - len(gone)
    publish(school=school, roster=roster, by=None, is_agreed=True)
    assert ids_of_pupils(school) == ids
    assert count_current_pupils(school) == 30
    assert not [one for one in deletions_of(school) if one.type == "student" and one.restored_at is None]


def test_a_shrunk_school_is_held_and_the_last_good_data_stays():
    school = a_school()
    publish(school=school, roster=a_roster(), by=None)
    before = everything(school.pk)
    half = without(a_roster(), *(f"p{number}" for number in range(20)))
    upload = publish(school=school, roster=half, by=None)
    assert upload.outcome == Outcome.HELD
    assert "20 of 40" in upload.reasons[0]
    assert "Nothing has been published" in upload.reasons[0]
    assert everything(school.pk) == before
    assert Source.objects.get(school=school).state == Source.State.HELD
    agreed = publish(school=school, roster=half, by=None, is_agreed=True)
    assert agreed.outcome == Outcome.PUBLISHED
    assert Source.objects.get(school=school).state == Source.State.OK


def test_an_empty_reading_never_empties_a_school_even_when_agreed():
    school = a_school()
    publish(school=school, roster=a_roster(), by=None)
    nobody = replace(a_roster(), pupils=(), employees=(), classes=())
    assert publish(school=school, roster=nobody, by=None, is_agreed=True).outcome == Outcome.HELD
    assert count_current_pupils(school) == 40


def test_a_delta_is_not_taken_for_a_whole_school():
    school = a_school()
    publish(school=school, roster=a_roster(), by=None)
    upload = publish(school=school, roster=replace(a_roster(pupils=2), is_delta=True), by=None)
    assert upload.outcome == Outcome.HELD


def test_another_schools_file_is_held():
    school = a_school()
    other = replace(a_roster(), schools=(School(mis_id="1", name="Elm Park School", laestab="9997777"),))
    upload = publish(school=school, roster=other, by=None)
    assert upload.outcome == Outcome.HELD
    assert "Elm Park School" in upload.reasons[0]
    assert not ids_of_pupils(school)


def test_a_file_that_cannot_be_read_is_noted_and_changes_nothing(tmp_path: Path):
    school = a_school()
    publish(school=school, roster=a_roster(), by=None)
    file = tmp_path / "pupils.csv"
    file.write_bytes(b"\x00\x01 nothing like an export")
    upload = publish_files(school=school, paths=[file], by=None)
    assert upload.outcome == Outcome.REFUSED
    assert "pupils.csv" in upload.reasons[0]
    assert Source.objects.get(school=school).state == Source.State.FAILING
    assert count_current_pupils(school) == 40


def test_who_leaves_is_remembered_and_restored_under_the_same_id():
    school = a_school()
    roster = a_roster()
    publish(school=school, roster=roster, by=None)
    kit = the_pupil(school, "p3")
    publish(school=school, roster=without(roster, "p3"), by=None)
    (deletion,) = [one for one in deletions_of(school) if one.type == "student"]
    assert (deletion.record_id, deletion.mis_id, deletion.restored_at) == (kit.pk, "p3", None)
    publish(school=school, roster=roster, by=None)
    (deletion,) = [one for one in deletions_of(school) if one.pk == deletion.pk]
    again = the_pupil(school, "p3")
    assert again.pk == kit.pk
    assert again.restored_at == deletion.restored_at is not None


def test_a_leaver_still_listed_is_not_served_and_counts_as_deleted():
    school = a_school()
    roster = a_roster()
    publish(school=school, roster=roster, by=None)
    left = replace(roster, pupils=(replace(roster.pupils[0], status="left"), *roster.pupils[1:]))
    publish(school=school, roster=left, by=None)
    assert the_pupil(school, "p0").status == "left"
    assert [one.mis_id for one in deletions_of(school)] == ["p0"]


def test_a_future_starter_is_kept_but_not_served():
    school = a_school()
    roster = a_roster()
    future = replace(roster, pupils=(*roster.pupils, a_pupil(90, status="future")))
    publish(school=school, roster=future, by=None)
    assert the_pupil(school, "p90").status == "future"
    assert not in_every_school(Deletion.objects.count)


def test_moving_class_touches_the_pupil_and_both_classes_and_nobody_else():
    school = a_school()
    roster = a_roster()
    publish(school=school, roster=roster, by=None)
    with school_scope(school.pk):
        moments = {
            model: dict(model.objects.filter(school=school).values_list("mis_id", "updated_at"))
            for model in (Pupil, SchoolClass, Employee)
        }
    moved = replace(
        roster,
        classes=tuple(
            replace(
                group,
                pupils=tuple(p for p in group.pupils if p != "p0")
                + (("p0",) if group.mis_id == "c1" else ()),
            )
            if group.mis_id in ("c0", "c1")
            else group
            for group in roster.classes
        ),
    )
    publish(school=school, roster=moved, by=None)
    with school_scope(school.pk):
        touched = {
            mis_id
            for model, before in moments.items()
            for mis_id, at in model.objects.filter(school=school).values_list("mis_id", "updated_at")
            if before[mis_id] != at
        }
    assert touched == {"p0", "c0", "c1"}


def test_two_schools_with_the_same_mis_ids_do_not_meet():
    oak, elm = a_school(), a_school("Elm Park School", 199777)
    publish(school=oak, roster=a_roster(), by=None)
    publish(school=elm, roster=a_roster(pupils=10), by=None)
    assert count_current_pupils(oak) == 40
    assert count_current_pupils(elm) == 10
    everyone: list[Pupil] = []
    in_every_school(lambda: everyone.extend(Pupil.objects.all()))
    assert len({pupil.pk for pupil in everyone}) == 50
    assert len({pupil.upi for pupil in everyone}) == 50
