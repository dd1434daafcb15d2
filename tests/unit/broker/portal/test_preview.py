"""What an app would get is shown field by field, from the school's own data, masked."""

import pytest

from adminhub.broker.api.sampling import masked
from adminhub.broker.consent.access import Choice
from adminhub.broker.consent.actions import approve, change_access
from adminhub.broker.consent.models import AccessRule
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Pupil
from tests.unit.broker.portal.cast import (
    EMAIL,
    a_request,
    another_schools_administrator,
    browser,
)

pytestmark = pytest.mark.django_db


def text_of(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Kit", "K••"),
        ("Mary Ann", "M••• A••"),
        ("kit.ray@oakhill.example", "k•••@oakhill.example"),
        ("B1234567890AB", "B••••••••••••"),
        ("2013", "••••"),
        (True, "yes or no"),
        (12, "a number"),
        (
            {"date": "2013-05-04 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"},
            "••/••/••••",
        ),
        ({"id": "A1", "forename": "Kit", "surname": "Ray"}, "K•• R••"),
        ([{"id": "A1", "name": "7A"}, {"id": "A2", "name": "7B"}], "7A, 7B"),
        ({"email": "kit@oakhill.example", "home": None}, "k•••@oakhill.example"),
        (None, ""),
        ([], ""),
    ],
)
def test_a_mask_keeps_the_shape_and_not_the_person(value, shown):
    assert masked(value) == shown


def test_a_preview_shows_what_is_required_and_hides_who_it_is():
    consent, pat = a_request()
    page = text_of(browser(pat).get(f"/consents/{consent.public_id}/preview/"))
    got, withheld = page.split("What it does not get about pupils", 1)
    assert "Pupils' dates of birth" in got
    assert "••/••/••••" in got
    assert "R•••" in got
    assert "Why students.date_of_birth.read" in got
    assert "about each of 40 pupils" in got
    assert "Pupils' e-mail addresses" in withheld
    with school_scope(consent.school_id):
        for pupil in Pupil.objects.all():
            assert str(pupil.surname or pupil.legal_surname) not in page


def test_a_preview_follows_the_switches_and_decides_nothing():
    consent, pat = a_request()
    page = text_of(browser(pat).post(f"/consents/{consent.public_id}/preview/", {"permission": [EMAIL]}))
    assert "Pupils' e-mail addresses" in page.split("What it does not get about pupils", 1)[0]
    assert "k•••@oakhill.example" in page
    assert not consent.permissions.filter(is_approved=True).exists()


def test_a_preview_counts_whom_the_school_shares():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    with school_scope(consent.school_id):
        kit = Pupil.objects.get(mis_id="p0").pk
    choice = Choice(AccessRule.Mode.ONLY, pupils=frozenset([kit]), has_all_employees=True)
    change_access(consent=consent, by=pat, choice=choice, instead_of=None)
    page = text_of(browser(pat).get(f"/consents/{consent.public_id}/preview/"))
    assert "about each of 1 of 40 pupils" in page
    assert "What it may read today." in page


def test_another_school_sees_no_preview():
    consent, _ = a_request()
    answer = browser(another_schools_administrator()).get(f"/consents/{consent.public_id}/preview/")
    assert answer.status_code == 404
