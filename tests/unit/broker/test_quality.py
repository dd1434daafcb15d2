"""The quality report: what a reading leaves to be desired, and nothing of what the files cannot hold."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import QualityFinding, SourceUpload
from adminhub.broker.sources.quality import CHECKS, assess, tally
from adminhub.broker.sources.where_to_fix import where_to_fix
from adminhub.mis import Issue, Pupil, Reject, Roster, SchoolClass
from tests.unit.broker.cast import AS_AT, a_pupil, a_roster, a_school, an_employee
from tests.unit.broker.portal.cast import a_request, another_schools_administrator, browser

HOLDS = frozenset({"upn", "uln", "date_of_birth", "year_group", "registration_group"})


def a_reading(*pupils: Pupil, **fields: Any) -> Roster:
    return replace(
        Roster(
            format="sims", as_at=AS_AT, pupils=pupils, holds_pupil=HOLDS, holds_employee=frozenset({"email"})
        ),
        **fields,
    )


def test_a_sound_school_has_nothing_to_put_right():
    roster = replace(a_roster(employees=5), holds_pupil=HOLDS)
    assert assess(roster) == []


@pytest.mark.parametrize(
    ("check", "fields"),
    [
        ("upn_missing", {"upn": None}),
        ("birthday_missing", {"date_of_birth": None}),
        ("birthday_odd", {"date_of_birth": date(1899, 12, 31)}),
        ("year_missing", {"year_group": None}),
        ("form_missing", {"registration_group": None}),
        ("pupil_starts_later", {"status": "future"}),
        ("name_missing", {"legal_forename": None}),
    ],
)
def test_each_check_names_the_pupil_it_found(check, fields):
    found = assess(a_reading(a_pupil(1), a_pupil(2, **fields)))
    assert [(finding.check, finding.mis_id) for finding in found] == [(check, "p2")]


def test_the_day_of_somebody_who_starts_later_is_written_as_people_write_it():
    (found,) = assess(a_reading(a_pupil(1, status="future", admission_date=date(2027, 1, 5))))
    assert found.detail == "5 January 2027"


def test_a_year_that_is_taught_in_forms_only_misses_no_classes():
    def reading(*, of_year: str) -> Roster:
        people = tuple(a_pupil(number, year_group="7") for number in range(4))
        young = tuple(a_pupil(number, year_group=of_year) for number in range(4, 7))
        maths = SchoolClass(mis_id="c", name="Ma", kind="teaching", pupils=tuple(p.mis_id for p in people))
        return a_reading(*people, *young, classes=(maths,))

    assert tally(assess(reading(of_year="R"))) == {}
    assert tally(assess(reading(of_year="7"))) == {"class_missing": 3}


def test_what_the_files_cannot_hold_is_not_missing():
    bare = a_pupil(1, upn=None, date_of_birth=None, year_group=None, registration_group=None)
    assert assess(a_reading(bare, holds_pupil=frozenset())) == []


def test_a_upn_with_the_wrong_check_letter_is_not_called_missing():
    issue = Issue("pupil p1", "upn", "The check letter of the UPN does not fit; left out.", "p1")
    found = assess(a_reading(a_pupil(1, upn=None), issues=(issue,)))
    assert tally(found) == {"upn_invalid": 1}


def test_twins_share_a_birthday_and_are_not_taken_for_one():
    kit, kim = a_pupil(1), a_pupil(2, legal_forename="Kim", date_of_birth=a_pupil(1).date_of_birth)
    assert assess(a_reading(kit, kim)) == []


def test_everybody_of_a_shared_number_or_address_is_named():
    upn = a_pupil(1).upn
    staff = (an_employee(1), an_employee(2, email="Ben1@oakhill.example"))
    found = assess(a_reading(a_pupil(1), a_pupil(2, upn=upn), employees=staff))
    assert tally(found) == {"upn_shared": 2, "staff_email_shared": 2}


def test_a_personal_number_is_never_shown_as_an_id():
    upn = a_pupil(1).upn
    issue = Issue(f"pupil {upn}", "house", "Odd.", upn)
    found = assess(
        a_reading(
            a_pupil(1, mis_id=upn, date_of_birth=None), issues=(issue,), personal_ids=frozenset({"pupils"})
        )
    )
    assert tally(found) == {"birthday_missing": 1, "remark": 1}
    assert upn not in repr(found)


def test_every_finding_says_where_it_is_put_right_in_every_mis():
    for format in ("sims", "arbor", "bromcom", "scholarpack", "integris", "isams", "ctf", "sims+workforce"):
        assert all(where_to_fix(check.topic, format=format) for check in CHECKS)
    assert where_to_fix("numbers", format="sims+workforce").startswith("SIMS: Focus")


@pytest.mark.django_db
def test_the_report_is_the_latest_readings_and_a_held_one_has_its_own():
    school = a_school()
    publish(school=school, roster=a_roster(rejects=(Reject("report.csv line 3", "No id."),)), by=None)
    upload = publish(school=school, roster=a_roster(pupils=4), by=None)
    assert upload.outcome == SourceUpload.Outcome.HELD
    with school_scope(school.pk):
        assert {finding.upload for finding in QualityFinding.objects.all()} <= {upload}
        assert not QualityFinding.objects.filter(found_by="not_taken")


@pytest.mark.django_db
def test_the_page_compares_with_last_time_filters_and_gives_a_file():
    consent, pat = a_request()
    people = a_roster(pupils=41)
    odd = replace(people.pupils[40], legal_forename='=cmd("x")', upn=None)
    publish(
        school=consent.school,
        roster=replace(people, pupils=(*people.pupils[:40], odd), holds_pupil=HOLDS),
        by=None,
    )
    address = f"/schools/{consent.school.broker_id}/data-source/quality"
    page = browser(pat).get(f"{address}/").content.decode()
    assert "Pupils without a UPN" in page
    assert "+1" in page
    assert "Focus &gt; Pupil" in page
    assert "No record is like that" in browser(pat).get(f"{address}/?weight=problem").content.decode()
    answer = browser(pat).get(f"{address}.csv?check=upn_missing")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "'=cmd" in answer.content.decode()


@pytest.mark.django_db
def test_cal_of_another_school_sees_no_report():
    consent, _ = a_request()
    cal = browser(another_schools_administrator())
    assert cal.get(f"/schools/{consent.school.broker_id}/data-source/quality/").status_code == 404
    assert cal.get(f"/schools/{consent.school.broker_id}/data-source/quality.csv").status_code == 404
