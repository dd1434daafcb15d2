"""Who hears that exports stopped coming, once and in one letter for a school, and that they come again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from adminhub.broker.arrivals import actions
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.letters import BETWEEN_LETTERS, tell_of_exports
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, NothingNew
from adminhub.broker.directory.models import Letter, School
from tests.unit.broker.cast import a_school, an_administrator
from tests.unit.broker.portal.cast import an_operator, another_schools_administrator
from tests.unit.mis import samples

pytestmark = pytest.mark.django_db
Kind = Channel.Kind
PAT = "pat@hallowmere.example"
NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
LATER = BETWEEN_LETTERS + timedelta(minutes=1)


@pytest.fixture
def school() -> School:
    """The school whose exports the samples are, with who decides for it and who only looks."""
    school = a_school("Hallowmere Community Primary School", 906743, establishment_number="2197")
    an_administrator(school, PAT)
    an_administrator(school, "looks@hallowmere.example", is_read_only=True)
    another_schools_administrator()
    return school


def a_way(school: School, kind: str = Kind.DROP) -> Channel:
    channel, _ = actions.open_channel(school=school, kind=kind, by=school.administrators.earliest("pk").user)
    return channel


def told(now: datetime = NOON) -> list[tuple[str, str]]:
    """Address and subject of each letter that is written when it is this late."""
    Letter.objects.all().delete()
    tell_of_exports(now=now)
    return [(letter.to, letter.subject) for letter in Letter.objects.order_by("to")]


def good(channel: Channel) -> None:
    assert actions.receive(channel=channel, path=samples.sample("oneroster-1.1")).outcome in (
        "published",
        "unchanged",
    )


def unreadable(channel: Channel, tmp_path: Path) -> None:
    broken = tmp_path / "export.zip"
    broken.write_bytes(b"PK nothing")
    assert actions.receive(channel=channel, path=broken).outcome == "refused"


def of_another_mis(channel: Channel) -> None:
    staff = next(samples.sample("workforce").iterdir())
    assert actions.receive(channel=channel, path=staff).outcome == "held"


def fetching(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Fetched]) -> None:
    monkeypatch.setitem(actions.FETCHES, Kind.SFTP, lambda channel, target: answer())


def away() -> Fetched:
    raise Unreachable("The server does not answer.", what_to_do="Ask who runs it.")


def test_trouble_is_told_once_however_often_it_comes_and_once_when_it_is_over(
    school: School, tmp_path: Path
) -> None:
    channel = a_way(school)
    good(channel)
    assert told() == []
    unreadable(channel, tmp_path)
    assert told() == [(PAT, f"Exports of {school} cannot be read")]
    unreadable(channel, tmp_path)
    assert told(NOON + LATER) == []
    good(channel)
    assert told(NOON + LATER) == [(PAT, f"Exports of {school} come again")]


def test_an_export_on_hold_is_told_to_the_operators_as_well(school: School) -> None:
    operator = an_operator().email
    channel = a_way(school)
    good(channel)
    of_another_mis(channel)
    subject = f"Exports of {school} are on hold"
    assert told() == sorted([(PAT, subject), (operator, subject)])


def test_what_goes_wrong_in_one_night_is_one_letter_in_the_morning(school: School, tmp_path: Path) -> None:
    broken, held = a_way(school), a_way(school)
    good(held)
    unreadable(broken, tmp_path)
    of_another_mis(held)
    an_operator()
    assert told(NOON.replace(hour=3)) == []
    assert (PAT, f"Exports of {school}: 2 ways need a look") in told(NOON.replace(hour=7))
    text = Letter.objects.get(to=PAT).text
    for channel in (broken, held):
        assert f"/schools/{school.broker_id}/data-source/ways/{channel.pk}/" in text
    assert "the last good data stays" in text


def test_what_comes_and_goes_between_two_letters_is_told_to_nobody(school: School, tmp_path: Path) -> None:
    first, second = a_way(school), a_way(school)
    unreadable(first, tmp_path)
    assert len(told()) == 1
    unreadable(second, tmp_path)
    assert told(NOON + timedelta(hours=1)) == []
    good(second)
    assert told(NOON + LATER) == []


def test_a_server_that_is_away_for_a_moment_troubles_nobody(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = a_way(school, Kind.SFTP)
    fetching(monkeypatch, away)
    for _ in range(2):
        actions.fetch(channel=channel)
    assert told() == []
    actions.fetch(channel=channel)
    assert told() == [(PAT, f"Exports of {school} cannot be fetched")]


def test_no_news_of_a_way_in_trouble_is_not_told_as_good_news(
    school: School, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    channel = a_way(school, Kind.SFTP)
    unreadable(channel, tmp_path)
    assert len(told()) == 1
    fetching(monkeypatch, lambda: NothingNew("No new files."))
    actions.fetch(channel=channel)
    fetching(monkeypatch, away)
    actions.fetch(channel=channel)
    assert told(NOON + LATER) == []


def test_exports_that_should_have_been_sent_are_missed_with_a_letter(school: School) -> None:
    channel = a_way(school)
    assert told() == []  # nobody has ever sent one
    good(channel)
    Channel.objects.update(last_at=timezone.now() - timedelta(days=3))
    assert told() == [(PAT, f"Exports of {school} have not come for a while")]
    assert "They should come every day." in Letter.objects.get().text
    actions.switch(channel=channel, by=channel.opened_by, is_on=False)
    assert told(NOON + LATER) == []


def test_a_letter_says_why_that_the_good_data_stays_and_where_to_look(school: School, tmp_path: Path) -> None:
    channel = a_way(school)
    unreadable(channel, tmp_path)
    told()
    text = Letter.objects.get().text
    assert channel.message in text
    assert "the last good data stays" in text
    assert f"/schools/{school.broker_id}/data-source/ways/{channel.pk}/" in text
