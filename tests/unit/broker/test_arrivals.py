"""Exports that come by themselves pass the same door as an upload: what is wrong is held, the last good data stays."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest
from django.test import Client
from django.utils import timezone

from adminhub.broker.arrivals import actions
from adminhub.broker.arrivals.addresses import public_address
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.models import Channel, ChannelRun
from adminhub.broker.arrivals.tasks import run_due_channels
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Pupil, Source
from tests.unit.broker.cast import a_school, an_administrator
from tests.unit.broker.portal.cast import an_operator, another_schools_administrator, browser
from tests.unit.mis import samples

pytestmark = pytest.mark.django_db
Kind, Outcome, Health = Channel.Kind, ChannelRun.Outcome, Channel.Health
HALF_AN_HOUR_AGO = time.time() - 1800


@pytest.fixture
def school() -> School:
    """The school whose exports the samples are."""
    return a_school("Hallowmere Community Primary School", 906743, establishment_number="2197")


@pytest.fixture
def pat(school: School) -> User:
    return an_administrator(school, "pat@hallowmere.example")


def pupils_served(school: School) -> int:
    with school_scope(school.pk):
        return Pupil.objects.filter(school=school, status="current").count()


def send(token: str, path: Path, *, name: str = "") -> tuple[int, dict[str, object]]:
    answer = Client(enforce_csrf_checks=True).post(
        f"/drop/?name={name or path.name}",
        data=path.read_bytes(),
        content_type="application/octet-stream",
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code, answer.json()


def a_drop(school: School, pat: User) -> tuple[Channel, str]:
    return actions.open_channel(school=school, kind=Kind.DROP, by=pat)


def test_what_a_school_sends_with_its_token_is_published_and_the_channel_works(school, pat):
    channel, token = a_drop(school, pat)
    status, answer = send(token, samples.sample("oneroster-1.1"))
    assert (status, answer["outcome"]) == (200, "published")
    assert pupils_served(school) > 100
    channel.refresh_from_db()
    assert channel.health == Health.WORKING
    assert channel.last_at is not None
    assert token not in repr(Channel.objects.filter(pk=channel.pk).values())


def test_a_token_that_is_wrong_renewed_or_switched_off_opens_nothing(school, pat):
    channel, token = a_drop(school, pat)
    export = samples.sample("oneroster-1.1")
    assert send("drop_guessed", export)[0] == 401
    new = actions.renew_token(channel=channel, by=pat)
    assert send(token, export)[0] == 401
    actions.switch(channel=channel, by=pat, is_on=False)
    assert send(new, export)[0] == 401
    assert not Source.objects.filter(school=school).exists()


def test_what_cannot_be_read_says_so_and_the_last_good_data_stays(school, pat, tmp_path):
    channel, token = a_drop(school, pat)
    send(token, samples.sample("oneroster-1.1"))
    before = pupils_served(school)
    broken = tmp_path / "export.zip"
    broken.write_bytes(samples.sample("oneroster-1.1").read_bytes()[:5000])
    status, answer = send(token, broken)
    assert status == 422
    assert "Nothing has been read" in str(answer["message"])
    assert pupils_served(school) == before
    channel.refresh_from_db()
    assert channel.health == Health.FAILING


def test_an_export_that_shrank_or_is_of_another_mis_is_held_until_an_operator_agrees(school, pat):
    channel, token = a_drop(school, pat)
    send(token, samples.sample("oneroster-1.1"))
    before = pupils_served(school)
    staff = next(samples.sample("workforce").iterdir())
    status, answer = send(token, staff)
    assert status == 202
    assert "the last good data stays" in str(answer["message"])
    assert "another MIS" in str(answer["message"])
    assert pupils_served(school) == before
    channel.refresh_from_db()
    assert channel.health == Health.HELD
    with pytest.raises(NotPossible):
        actions.agree_to_next(channel=channel, by=pat)
    actions.agree_to_next(channel=channel, by=an_operator())
    assert send(token, staff)[0] == 200
    channel.refresh_from_db()
    assert not channel.is_next_agreed


def test_a_name_that_is_a_path_leads_nowhere(school, pat):
    _, token = a_drop(school, pat)
    assert send(token, samples.sample("oneroster-1.1"), name="..%2F..%2Fetc%2Fpasswd")[0] == 200


def in_folder(root: Path, school: School, format: str = "scholarpack") -> Path:
    folder = root / school.broker_id
    folder.mkdir(exist_ok=True)
    for file in samples.sample(format).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
        os.utime(folder / file.name, (HALF_AN_HOUR_AGO, HALF_AN_HOUR_AGO))
    return folder


def test_a_watched_folder_is_read_once_and_again_when_its_files_change(school, pat, settings, tmp_path):
    settings.BROKER_WATCHED_FOLDER = str(tmp_path)
    channel, _ = actions.open_channel(school=school, kind=Kind.FOLDER, by=pat)
    assert actions.fetch(channel=channel).outcome == Outcome.UNREACHABLE
    folder = in_folder(tmp_path, school)
    (folder / "secrets.csv").symlink_to("/etc/passwd")
    assert actions.fetch(channel=channel).outcome == Outcome.PUBLISHED
    assert actions.fetch(channel=channel).outcome == Outcome.NOTHING_NEW
    next(path for path in folder.iterdir() if not path.is_symlink()).touch()
    run = actions.fetch(channel=channel)
    assert (run.outcome, run.message) == (
        Outcome.NOTHING_NEW,
        "The files are being written; they are read next time.",
    )
    in_folder(tmp_path, school)
    assert actions.fetch(channel=Channel.objects.get(pk=channel.pk)).outcome == Outcome.NOTHING_NEW


class Server:
    """An SFTP server of this process, with one user, whose files are a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.passwords = root, list[str]()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.start()

    def start(self) -> None:
        self.acceptor = self._run(self._listen())
        self.port = self.acceptor.get_port()

    def stop(self) -> None:
        self.acceptor.close()
        self._run(self.acceptor.wait_closed())

    def end(self) -> None:
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self, waiting):
        return asyncio.run_coroutine_threadsafe(waiting, self.loop).result(20)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        passwords = self.passwords

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                passwords.append(password)
                return (username, password) == ("oak", "an acorn")

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda door: asyncssh.SFTPServer(door, chroot=str(self.root)),
        )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    found.end()


def an_sftp_channel(
    school: School, pat: User, server: Server, *, secret: str | None = None, path: str = ""
) -> Channel:
    where = {"host": "127.0.0.1", "port": server.port, "username": "oak", "path": path, "pattern": "*.csv"}
    channel, _ = actions.open_channel(
        school=school, kind=Kind.SFTP, by=pat, settings=where, secret=secret or "an acorn"
    )
    return channel


def test_files_are_fetched_by_sftp_and_published(school, pat, settings, server):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    folder = in_folder(server.root, school)
    (folder / "readme.txt").write_text("not part of the export")
    channel = an_sftp_channel(school, pat, server, path=school.broker_id)
    assert actions.fetch(channel=channel).outcome == Outcome.PUBLISHED
    assert pupils_served(school) > 50
    again = Channel.objects.get(pk=channel.pk)
    assert again.settings["host_key"].startswith("ssh-ed25519")
    assert actions.fetch(channel=again).outcome == Outcome.NOTHING_NEW


def test_a_server_with_another_key_is_not_told_the_password(school, pat, settings, server):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    channel = an_sftp_channel(school, pat, server)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    channel.settings["host_key"] = other
    run = actions.fetch(channel=channel)
    assert run.outcome == Outcome.UNREACHABLE
    assert "key is another" in run.message
    assert server.passwords == []


def test_settings_changed_while_it_was_fetched_are_kept(school, pat, settings, server):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    in_folder(server.root, school)
    channel = an_sftp_channel(school, pat, server, path=school.broker_id)
    other = {**channel.settings, "host": "sftp.oakhill.example"}
    actions.change_channel(
        channel=Channel.objects.get(pk=channel.pk), by=pat, every_minutes=60, settings=other
    )
    assert actions.fetch(channel=channel).outcome == Outcome.PUBLISHED
    now = Channel.objects.get(pk=channel.pk)
    assert (now.settings, now.marker) == (other, "")


@pytest.mark.parametrize(
    ("fault", "said"),
    [({"secret": "a conker"}, "refused the user"), ({"path": "nowhere"}, "no such folder")],
)
def test_a_server_that_gives_nothing_is_tried_again_soon_and_says_why(
    fault, said, school, pat, settings, server
):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    channel = an_sftp_channel(school, pat, server, **fault)
    run = actions.fetch(channel=channel)
    assert run.outcome == Outcome.UNREACHABLE
    assert said in run.message
    assert "the last good data stays" in run.message
    assert channel.health == Health.FAILING
    assert channel.next_at < timezone.now() + timedelta(minutes=6)


def test_a_school_cannot_point_us_at_our_own_network(settings):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = False
    for host in ("127.0.0.1", "10.0.0.8", "169.254.169.254", "::1"):
        with pytest.raises(Unreachable, match="private address"):
            public_address(host, 22)


def test_each_minute_takes_what_is_due_and_one_job_has_a_channel(school, pat, settings, tmp_path):
    settings.BROKER_WATCHED_FOLDER = str(tmp_path)
    due, _ = actions.open_channel(school=school, kind=Kind.FOLDER, by=pat)
    later, _ = actions.open_channel(school=school, kind=Kind.FOLDER, by=pat)
    Channel.objects.filter(pk=later.pk).update(next_at=timezone.now() + timedelta(hours=1))
    run_due_channels(timestamp=0)
    from procrastinate.contrib.django.models import ProcrastinateJob

    waiting = ProcrastinateJob.objects.filter(task_name="broker.run_channel", status="todo")
    assert [job.args for job in waiting] == [{"channel_id": due.pk}]
    assert actions.claim(channel_id=due.pk) is not None
    assert actions.claim(channel_id=due.pk) is None


def test_a_drop_that_nothing_comes_to_is_overdue(school, pat):
    channel, token = a_drop(school, pat)
    assert channel.health == Health.NEVER
    send(token, samples.sample("oneroster-1.1"))
    Channel.objects.filter(pk=channel.pk).update(last_at=timezone.now() - timedelta(days=3))
    channel.refresh_from_db()
    assert channel.health == Health.OVERDUE


def test_pat_sets_up_a_drop_sees_its_token_once_and_its_history(school, pat):
    ways = f"/schools/{school.broker_id}/data-source/ways/"
    assert "No export comes by itself" in browser(pat).get(ways).content.decode()
    page = browser(pat).post(f"{ways}new/drop/", {"every_minutes": 1440}).content.decode()
    channel = Channel.objects.get(school=school)
    token = page.split('value="drop_', 1)[1].split('"', 1)[0]
    assert send(f"drop_{token}", samples.sample("oneroster-1.1"))[0] == 200
    page = browser(pat).get(f"{ways}{channel.pk}/").content.decode()
    assert "Published" in page
    assert token not in page
    assert channel.token_hint in page
    script = browser(pat).get(f"/schools/{school.broker_id}/data-source/send-export.ps1").content.decode()
    assert "/drop/?name" in script.replace("${Address}", "/drop/")


def test_pat_sets_up_sftp_and_the_secret_is_never_shown(school, pat):
    ways = f"/schools/{school.broker_id}/data-source/ways/"
    values = {
        "host": "sftp.oakhill.example",
        "port": 22,
        "username": "oak",
        "secret": "an acorn",
        "every_minutes": 60,
    }
    page = browser(pat).post(f"{ways}new/sftp/", values, follow=True).content.decode()
    channel = Channel.objects.get(school=school)
    assert channel.secret == "an acorn"
    assert "acorn" not in page + channel.sealed_secret
    changing = browser(pat).get(f"{ways}{channel.pk}/change/").content.decode()
    assert "acorn" not in changing
    browser(pat).post(f"{ways}{channel.pk}/change/", {**values, "secret": "", "path": "out"})
    channel.refresh_from_db()
    assert (channel.secret, channel.settings["path"]) == ("an acorn", "out")


def test_neither_cal_nor_who_may_only_look_can_change_a_channel(school, pat):
    channel, _ = a_drop(school, pat)
    ways = f"/schools/{school.broker_id}/data-source/ways/"
    cal = browser(another_schools_administrator())
    looks = browser(an_administrator(school, "looks@hallowmere.example", is_read_only=True))
    for path in ("", f"{channel.pk}/"):
        assert cal.get(ways + path).status_code == 404
        assert looks.get(ways + path).status_code == 200
    for path in ("new/drop/", f"{channel.pk}/change/", f"{channel.pk}/switch/", f"{channel.pk}/token/"):
        assert cal.post(ways + path, {"every_minutes": 60}).status_code == 404
        assert looks.post(ways + path, {"every_minutes": 60}).status_code == 403
    assert Channel.objects.get(pk=channel.pk).is_on
