"""The column assistant: guessed, corrected, shown on real rows, saved, and used the next time by itself."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import ColumnProfile, Pupil, Source, TableDraft
from tests.unit.broker.cast import a_school, an_administrator
from tests.unit.broker.portal.cast import another_schools_administrator, browser

pytestmark = pytest.mark.django_db
PUPILS = "Ref,Vorname,Last name,Born,Form\n1,Kit,Ray,03/04/2014,7A\n2,Jo,Novák,29/11/2013,7B\n"
SAID = {"kind": "pupils", "columns_of": "pupils", "system": "", "name": "Autumn list"}
COLUMNS = {
    "column_0": "mis_id",
    "column_1": "legal_forename",
    "column_2": "legal_surname",
    "column_3": "date_of_birth",
    "column_4": "registration_group",
}


@pytest.fixture
def school() -> School:
    return a_school()


@pytest.fixture
def pat(school: School) -> User:
    return an_administrator(school)


def pages(school: School) -> str:
    return f"/schools/{school.broker_id}/data-source/columns/"


def a_draft(school: School, pat: User, text: str = PUPILS) -> str:
    """The address of the draft of this table."""
    file = SimpleUploadedFile("list.csv", text.encode())
    return browser(pat).post(pages(school), {"table": file}).headers["Location"]


def names_served(school: School) -> list[str | None]:
    with school_scope(school.pk):
        return sorted(Pupil.objects.filter(status="current").values_list("forename", flat=True))


def test_columns_are_guessed_corrected_shown_saved_and_used_the_next_time(school, pat):
    address = a_draft(school, pat)
    page = browser(pat).get(address).content.decode()
    assert "Kit · Jo" in page
    assert "Nobody can be read like this yet" in page or "rows not taken" in page
    page = browser(pat).post(address, {**SAID, **COLUMNS, "do": "look"}).content.decode()
    assert "3 April 2014" in page
    assert names_served(school) == []
    browser(pat).post(address, {**SAID, **COLUMNS, "do": "save"})
    assert names_served(school) == ["Jo", "Kit"]
    with school_scope(school.pk):
        assert ColumnProfile.objects.get().by == pat
        assert not TableDraft.objects.exists()
    more = SimpleUploadedFile("other.csv", (PUPILS + "3,Kim,Ray,03/04/2014,7A\n").encode())
    browser(pat).post(f"/schools/{school.broker_id}/data-source/", {"export": [more]})
    assert names_served(school) == ["Jo", "Kim", "Kit"]
    assert Source.objects.get(school=school).state == Source.State.OK


def test_what_would_read_nobody_is_not_saved_and_says_why(school, pat):
    address = a_draft(school, pat)
    answer = browser(pat).post(address, {**SAID, "column_0": "mis_id", "do": "save"})
    assert answer.status_code == 422
    assert "No column is said to be a surname" in answer.content.decode()
    with school_scope(school.pk):
        assert not ColumnProfile.objects.exists()


def test_another_kind_has_other_columns_guessed_anew(school, pat):
    address = a_draft(school, pat, "Last name,First name,E-mail\nOduya,Ben,ben@oakhill.example\n")
    page = browser(pat).post(address, {**SAID, "kind": "employees", "do": "look"}).content.decode()
    assert "Staff code" in page
    assert 'name="columns_of" value="employees"' in page


def test_a_file_without_a_table_is_refused_and_not_kept(school, pat):
    file = SimpleUploadedFile("list.csv", b"just words\n")
    answer = browser(pat).post(pages(school), {"table": file})
    assert answer.status_code == 422
    assert "There is no table" in answer.content.decode()
    with school_scope(school.pk):
        assert not TableDraft.objects.exists()


def test_a_forgotten_profile_reads_nothing_more(school, pat):
    address = a_draft(school, pat)
    browser(pat).post(address, {**SAID, **COLUMNS, "do": "save"})
    with school_scope(school.pk):
        profile = ColumnProfile.objects.get()
    browser(pat).post(f"{pages(school)}{profile.pk}/forget/")
    browser(pat).post(
        f"/schools/{school.broker_id}/data-source/",
        {"export": [SimpleUploadedFile("a.csv", PUPILS.encode())]},
    )
    assert Source.objects.get(school=school).state == Source.State.FAILING
    assert names_served(school) == ["Jo", "Kit"]


def test_neither_cal_nor_who_may_only_look_sees_a_draft(school, pat):
    address = a_draft(school, pat)
    cal, looks = (
        another_schools_administrator(),
        an_administrator(school, "l@oakhill.example", is_read_only=True),
    )
    assert browser(cal).get(address).status_code == 404
    assert browser(looks).get(address).status_code == 403
    assert browser(looks).post(pages(school), {}).status_code == 403
    own = address.replace(school.broker_id, School.objects.get(name="Elm Park School").broker_id)
    assert browser(cal).get(own).status_code == 404
