"""Who hears that exports stopped coming, once, and that they come again."""

import pytest

from adminhub.broker.arrivals.actions import _note
from adminhub.broker.arrivals.models import Channel, ChannelRun
from adminhub.broker.directory.models import Letter
from tests.unit.broker.cast import a_school, an_administrator
from tests.unit.broker.portal.cast import an_operator, another_schools_administrator

pytestmark = pytest.mark.django_db
Outcome = ChannelRun.Outcome
PAT = "pat@oakhill.example"


@pytest.fixture
def channel() -> Channel:
    school = a_school()
    an_administrator(school, PAT)
    an_administrator(school, "looks@oakhill.example", is_read_only=True)
    another_schools_administrator()
    return Channel.objects.create(school=school, kind=Channel.Kind.SFTP)


def told(channel: Channel, *outcomes: str) -> list[str]:
    """The addresses that get a letter in the course of these runs, in order."""
    Letter.objects.all().delete()
    for outcome in outcomes:
        _note(channel, outcome, 0.0, message="Why it is so.")
    return [letter.to for letter in Letter.objects.order_by("created_at", "to")]


@pytest.mark.parametrize("bad", [Outcome.REFUSED, Outcome.HELD])
def test_trouble_is_told_once_however_often_it_comes_and_once_when_it_is_over(channel: Channel, bad: str):
    operator = an_operator().email
    assert told(channel, Outcome.PUBLISHED) == []
    assert told(channel, bad, bad, Outcome.NOTHING_NEW) == sorted(
        {PAT, operator} if bad == Outcome.HELD else {PAT}
    )
    assert told(channel, Outcome.PUBLISHED, Outcome.UNCHANGED) == [PAT]


def test_a_server_that_is_away_for_a_moment_troubles_nobody(channel: Channel):
    assert told(channel, *[Outcome.UNREACHABLE] * 2, Outcome.PUBLISHED) == []
    assert told(channel, *[Outcome.UNREACHABLE] * 5) == [PAT]


def test_a_letter_says_why_that_the_good_data_stays_and_where_to_look(channel: Channel):
    told(channel, Outcome.REFUSED)
    text = Letter.objects.get().text
    assert "Why it is so." in text
    assert "the last good data stays" in text
    assert f"/schools/{channel.school.broker_id}/data-source/ways/{channel.pk}/" in text
