"""A school sees what apps wrote into its records, and takes it back."""

import pytest
from django.urls import reverse

from adminhub.broker.directory.scope import school_scope
from adminhub.broker.records.models import Writeback
from adminhub.broker.sources.models import Pupil
from tests.unit.broker.cast import an_administrator
from tests.unit.broker.portal.cast import another_schools_administrator, browser
from tests.unit.broker.test_writing_back import Oak

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak():
    return Oak()


def written(oak, user, **query):
    return browser(user).get(reverse("school:written", args=[oak.school.broker_id]), query)


def page_of(oak, answer, name="writeback"):
    found = Writeback.objects.get(pk=int(answer["writeback_id"][1:]))
    return reverse(f"school:{name}", args=[oak.school.broker_id, found.public_id])


def test_each_call_is_listed_and_shown_record_by_record(oak):
    mark = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark(comment="Rang in")]})
    incident = oak.send("POST", "behaviours", oak.an_incident())
    absence = oak.send(
        "POST",
        "employee-absences",
        {"employee_id": oak.ben.broker_id, "absence_type": "Sickness", "start_date": oak.today},
    )
    removal = oak.send("DELETE", f"behaviours/{incident['id']}")
    listed = written(oak, oak.pat).content.decode()
    assert all(word in listed for word in ("Admin Hub", "Marks of half days", "Absences of staff"))
    assert "Registers" in listed
    kit = f"{oak.kit.forename} {oak.kit.surname}"
    for answer, words in (
        (mark, (kit, "morning", "Nothing", "I Illness. Rang in")),
        (incident, (kit, f"{oak.kim.forename} {oak.kim.surname}", "Bullying: Spoken to")),
        (absence, (f"{oak.ben.forename} {oak.ben.surname}", "Sickness from")),
        (removal, ("Bullying: Spoken to", "Removed")),
    ):
        shown = browser(oak.pat).get(page_of(oak, answer)).content.decode()
        assert [word for word in words if word not in shown] == []


def test_the_list_is_narrowed_to_an_app_and_a_kind(oak):
    oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    assert written(oak, oak.pat).context["page"].paginator.count == 2
    assert written(oak, oak.pat, app=str(oak.app.public_id)).context["page"].paginator.count == 1
    assert "Nothing like this" in written(oak, oak.pat, kind="achievements").content.decode()


def test_a_school_to_which_nobody_wrote_is_told_so(oak):
    with school_scope(oak.school.pk):
        Writeback.objects.all().delete()
    assert "Nothing written yet" in written(oak, oak.pat).content.decode()


def test_one_press_takes_it_back_and_says_who_did(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    pressed = browser(oak.pat).post(page_of(oak, answer, "reverse_writeback"), follow=True)
    assert "Taken back" in pressed.content.decode()
    assert "Pat Osei took this back" in pressed.content.decode()
    assert oak.marks() == {}


def test_a_read_only_administrator_looks_and_another_schools_sees_nothing(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    looker = an_administrator(oak.school, "omar@oakhill.example", is_read_only=True)
    assert "Take back" not in browser(looker).get(page_of(oak, answer)).content.decode()
    assert browser(looker).post(page_of(oak, answer, "reverse_writeback")).status_code == 403
    stranger = another_schools_administrator()
    assert written(oak, stranger).status_code == 404
    assert browser(stranger).get(page_of(oak, answer)).status_code == 404
    assert browser(stranger).post(page_of(oak, answer, "reverse_writeback")).status_code == 404
    assert oak.marks()


def test_somebody_who_has_left_is_still_named(oak):
    answer = oak.send("POST", "attendance/session", {"attendance": [oak.a_mark()]})
    with school_scope(oak.school.pk):
        Pupil.objects.filter(pk=oak.kit.pk).update(status="left")
    assert oak.kit.surname in browser(oak.pat).get(page_of(oak, answer)).content.decode()
