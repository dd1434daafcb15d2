"""Access control in the portal: choose, check, save, go back."""

import re

import pytest

from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Group, Pupil
from tests.unit.broker.portal.cast import (
    a_read_only_administrator,
    a_request,
    an_operator,
    another_schools_administrator,
    browser,
)

pytestmark = pytest.mark.django_db


def path_of(consent: Consent) -> str:
    return f"/consents/{consent.public_id}/people/"


def kit_and_form(consent: Consent) -> tuple[int, int]:
    with school_scope(consent.school_id):
        return Pupil.objects.get(mis_id="p0").pk, Group.objects.get(name="7A").pk


def hidden_fields(page: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page):
        fields.setdefault(name, []).append(value)
    return fields


def test_a_person_is_found_by_name_and_what_was_ticked_stays():
    consent, pat = a_request()
    _, form = kit_and_form(consent)
    page = browser(pat).post(path_of(consent), {"mode": "exclude", "group": [form], "q": "kit1 ray1"})
    text = page.content.decode()
    assert "Kit1 Ray1" in text
    assert f'id="group-{form}" checked' in text
    assert 'value="exclude" id="mode-exclude" checked' in text
    consent.refresh_from_db()
    assert consent.access_rule_id is None


def test_nothing_changes_until_what_changes_was_shown():
    consent, pat = a_request()
    kit, form = kit_and_form(consent)
    client = browser(pat)
    answer = client.post(
        f"{path_of(consent)}check/", {"mode": "only", "group": [form], "pupil": [kit], "instead_of": ""}
    )
    page = answer.content.decode()
    assert "No longer shared: 38" in page
    assert "would see no member of staff" in page
    consent.refresh_from_db()
    assert consent.access_rule_id is None
    answer = client.post(f"{path_of(consent)}save/", hidden_fields(page), follow=True)
    assert "Saved." in answer.content.decode()
    page = client.get(f"/consents/{consent.public_id}/").content.decode()
    assert "8 of 40 pupils and 0 of 6 staff" in page


def test_an_earlier_rule_is_gone_back_to_through_the_same_check():
    consent, pat = a_request()
    kit, form = kit_and_form(consent)
    client = browser(pat)
    for choice in ({"mode": "exclude", "pupil": [kit]}, {"mode": "exclude", "group": [form]}):
        consent.refresh_from_db()
        client.post(f"{path_of(consent)}save/", {**choice, "instead_of": consent.access_rule_id or ""})
    page = client.get(path_of(consent)).content.decode()
    assert page.count("Go back to this") == 1
    fields = hidden_fields(page.split("Go back to this")[0].split("In force", 1)[1])
    answer = client.post(f"{path_of(consent)}check/", fields)
    assert "Newly shared: 7" in answer.content.decode()


def test_choosing_nobody_says_so_and_keeps_everyone():
    consent, pat = a_request()
    answer = browser(pat).post(f"{path_of(consent)}check/", {"mode": "only"})
    assert answer.status_code == 422
    assert "Nobody was chosen" in answer.content.decode()


@pytest.mark.parametrize("text", ["x", "-1", "9" * 25, "1.5", "٣"])
def test_what_is_not_an_id_names_nobody(text: str):
    consent, pat = a_request()
    answer = browser(pat).post(f"{path_of(consent)}check/", {"mode": "only", "pupil": [text]})
    assert answer.status_code == 422


def test_nobody_else_chooses():
    consent, _ = a_request()
    kit, _ = kit_and_form(consent)
    form = {"mode": "exclude", "pupil": [kit], "instead_of": ""}
    for person, status in (
        (an_operator(), 403),
        (a_read_only_administrator(consent), 403),
        (another_schools_administrator(), 404),
        (None, 302),
    ):
        for step in ("check/", "save/"):
            assert browser(person).post(path_of(consent) + step, form).status_code == status
    consent.refresh_from_db()
    assert consent.access_rule_id is None


def test_a_read_only_administrator_sees_the_rule_and_changes_nothing():
    consent, _ = a_request()
    page = browser(a_read_only_administrator(consent)).get(path_of(consent)).content.decode()
    assert "You are a read-only administrator" in page
    assert "See what changes" not in page


def test_somebody_left_out_by_name_who_is_gone_from_the_mis_is_pointed_out():
    consent, pat = a_request()
    kit, _ = kit_and_form(consent)
    client = browser(pat)
    client.post(f"{path_of(consent)}save/", {"mode": "exclude", "pupil": [kit], "instead_of": ""})
    with school_scope(consent.school_id):
        Pupil.objects.filter(pk=kit).update(status="gone")
    assert "no longer in your MIS: Kit0 Ray0" in client.get(path_of(consent)).content.decode()
