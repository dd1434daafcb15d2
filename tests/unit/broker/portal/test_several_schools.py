"""One approval for many schools, with exceptions; each school keeps its own."""

import pytest

from adminhub.broker.consent.actions import decline, request_access
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.actions import add_administrator
from adminhub.broker.directory.models import Letter, User
from tests.unit.broker.cast import a_set_up_school
from tests.unit.broker.portal.cast import a_request, another_schools_administrator, browser

pytestmark = pytest.mark.django_db
State = Consent.State


def three_requests() -> tuple[list[Consent], User]:
    """Oak Hill, Maple and Birch, all asked by one app, with one person for all three."""
    oak, pat = a_request()
    consents = [oak]
    for number, name in enumerate(("Maple Primary School", "Birch School")):
        school, _ = a_set_up_school(name=name, urn=199010 + number, pupils=10)
        add_administrator(school=school, user=pat)
        consents.append(request_access(app=oak.app, school=school, by=oak.app))
    return consents, pat


def send(user: User, consents: list[Consent], **fields: object) -> object:
    path = f"/several/{consents[0].app.public_id}/"
    return browser(user).post(path, {"consent": [str(one.public_id) for one in consents], **fields})


def states(consents: list[Consent]) -> list[str]:
    return [Consent.objects.get(pk=one.pk).state for one in consents]


def test_the_schools_ticked_are_approved_and_the_exception_is_left():
    consents, pat = three_requests()
    page = browser(pat).get("/").content.decode()
    assert "waits at 3 of your schools" in page
    page = send(pat, consents[:2], do="check").content.decode()
    assert "for 2 schools?" in page
    assert "50 pupils" in page
    assert "Left as they are: Birch School." in page
    assert states(consents) == [State.PENDING] * 3
    page = send(pat, consents[:2], do="approve").content.decode()
    assert page.count("Approved</span>") == 2
    assert states(consents) == [State.APPROVED, State.APPROVED, State.PENDING]
    assert Letter.objects.filter(kind="receipt", to=pat.email).count() == 2


def test_one_that_cannot_be_approved_holds_up_no_other():
    consents, pat = three_requests()
    decline(consent=consents[1], by=pat, reason="No")
    send(pat, consents, do="approve")
    assert states(consents) == [State.APPROVED, State.DECLINED, State.APPROVED]


def test_nobody_approves_through_it_for_a_school_that_is_not_theirs():
    consents, pat = three_requests()
    cal = another_schools_administrator()
    assert send(cal, consents, do="approve").status_code == 404
    pat.administrations.filter(school=consents[0].school).update(is_read_only=True)
    send(pat, consents, do="approve")
    assert states(consents) == [State.PENDING, State.APPROVED, State.APPROVED]


def test_ticking_no_school_approves_none():
    consents, pat = three_requests()
    answer = browser(pat).post(f"/several/{consents[0].app.public_id}/", {"do": "approve"})
    assert answer.status_code == 422
    assert states(consents) == [State.PENDING] * 3
