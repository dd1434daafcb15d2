"""The operators see which schools' data does not come as it should."""

from datetime import timedelta

import pytest
from django.utils import timezone

from adminhub.broker.arrivals.models import Channel, ChannelRun
from adminhub.broker.consent.actions import approve, audit, revoke
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.directory.models import User
from adminhub.broker.sources.models import Source
from tests.unit.broker.portal.cast import a_request, an_operator, browser

pytestmark = pytest.mark.django_db


def page() -> str:
    operator = User.objects.filter(is_operator=True).first() or an_operator()
    return browser(operator).get("/operator/sources/").content.decode()


def test_where_all_is_well_the_page_says_what_would_come_here():
    a_request()
    assert "Every source works" in page()


@pytest.mark.parametrize(("state", "words"), [("held", "Export on hold"), ("failing", "Export not readable")])
def test_a_source_on_hold_or_not_readable_is_listed_with_its_reason(state: str, words: str):
    consent, _ = a_request()
    Source.objects.update(state=state, message="Half the pupils are missing.")
    text = page()
    assert words in text
    assert consent.school.name in text
    assert "Half the pupils are missing." in text


def test_a_way_that_brings_nothing_is_listed():
    consent, _ = a_request()
    Channel.objects.create(
        school=consent.school,
        kind=Channel.Kind.SFTP,
        last_at=timezone.now(),
        last_outcome=ChannelRun.Outcome.UNREACHABLE,
        message="The server does not answer.",
    )
    text = page()
    assert "Fetched by SFTP: failing" in text
    assert "The server does not answer." in text


def test_old_data_matters_once_an_app_reads_it():
    consent, pat = a_request()
    Source.objects.update(last_published_at=timezone.now() - timedelta(days=30))
    assert "Every source works" in page()
    approve(consent=consent, by=pat)
    audit(consent=consent, by=TheBroker())
    assert "Old data" in page()


def test_overdue_deletions_are_listed_with_whom_to_write_to():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    audit(consent=consent, by=TheBroker())
    revoke(consent=consent, by=pat, reason="Over")
    consent.erasures.update(due_on=timezone.localdate() - timedelta(days=1))
    text = browser(an_operator()).get("/operator/apps/").content.decode()
    assert "Deletions overdue" in text
    assert "dpo@oakfield.example" in text
