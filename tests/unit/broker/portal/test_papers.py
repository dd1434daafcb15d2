"""The record of processing and the DPIA pack say what was decided, as PDF and as CSV."""

import csv
import io

import pytest

from adminhub.broker.consent.actions import approve, audit, revoke
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.erasing import confirm_deletion
from adminhub.broker.portal.papers.contents import assessment_pack, record_of_processing
from adminhub.broker.portal.papers.values import Paper, Table, as_csv
from tests.unit.broker.portal.cast import (
    EMAIL,
    a_read_only_administrator,
    a_request,
    another_schools_administrator,
    browser,
)

pytestmark = pytest.mark.django_db


def words(paper: Paper) -> str:
    said = [paper.title, paper.about]
    for part in paper.parts:
        said += [part.title, *part.paragraphs, *part.lines]
        said += [" ".join(row) for row in part.table.rows] if part.table else []
    return "\n".join(said)


def rows(answer: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_record_holds_what_was_allowed_by_whom_and_nothing_else():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    text = words(record_of_processing(consent.school))
    assert "Pupils' dates of birth Why students.date_of_birth.read for a year" in text
    assert "Allowed by Pat Osei, Data manager" in text
    assert "Pupils' e-mail addresses" not in text
    found = rows(browser(pat).get(f"/schools/{consent.school.broker_id}/ropa.csv"))
    assert {row["Personal data"] for row in found} >= {"Pupils' dates of birth"}
    assert {row["About how many"] for row in found if row["Data subjects"] == "pupils"} == {"40"}


def test_the_record_keeps_what_an_app_could_read_until_its_access_ended():
    consent, pat = a_request()
    approve(consent=consent, by=pat, granted=[EMAIL, "students.contact_details.read"])
    audit(consent=consent, by=TheBroker())
    revoke(consent=consent, by=pat, reason="The contract has ended")
    confirm_deletion(consent=consent, by=consent.app, signed_by="Dee Okoro", statement="All of it")
    text = words(record_of_processing(consent.school))
    assert "Pupils' e-mail addresses" in text
    assert "Deletion confirmed by Dee Okoro" in text


def test_a_request_alone_is_no_processing():
    consent, _ = a_request()
    assert "No app has, or had, access" in words(record_of_processing(consent.school))


def test_the_pack_for_an_assessment_has_facts_agreement_and_lines_to_write_on():
    consent, pat = a_request()
    text = words(assessment_pack(consent))
    assert "Everybody: 40 of 40 pupils and 6 of 6 staff would be shared." in text
    assert "We keep the list of pupils in step." in text
    assert "Pupils' e-mail addresses optional not decided" in text
    assert "Lawful basis" in text
    found = rows(browser(pat).get(f"/consents/{consent.public_id}/dpia.csv"))
    assert {row["Asked as"] for row in found} == {"required", "optional"}


@pytest.mark.parametrize("paper", ["ropa", "dpia"])
def test_a_paper_opens_as_pdf_for_the_school_and_for_nobody_else(paper: str):
    consent, _ = a_request()
    path = (
        f"/schools/{consent.school.broker_id}/ropa"
        if paper == "ropa"
        else f"/consents/{consent.public_id}/dpia"
    )
    answer = browser(a_read_only_administrator(consent)).get(f"{path}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    stranger = browser(another_schools_administrator())
    assert [stranger.get(f"{path}.{kind}").status_code for kind in ("pdf", "csv")] == [404, 404]


def test_a_cell_that_looks_like_a_formula_is_text():
    table = Table(("What",), (1,), [("=HYPERLINK(1)",), ("@x",), ("Kit",)])
    assert as_csv(table).decode("utf-8-sig").split() == ["What", "'=HYPERLINK(1)", "'@x", "Kit"]
