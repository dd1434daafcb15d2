"""Ports, disk and permissions: one clear sentence each, and nothing started."""

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from adminhub.runtime import cli, supervisor
from adminhub.runtime.environment import Ports, check_ports, environment
from adminhub.runtime.errors import CannotStart, explain
from adminhub.runtime.secret_values import make_secrets, read_or_make


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            check_ports(Ports(port - 10), address="127.0.0.1")
    assert f"Port {port} (for the broker) is in use" in str(refused.value)
    assert "--port-base" in str(refused.value)


@pytest.mark.parametrize("base", [0, -1, 65505, 80000])
def test_an_impossible_port_base_is_refused(base: int) -> None:
    with pytest.raises(CannotStart, match="choose a number"):
        check_ports(Ports(base), address="127.0.0.1")


def test_ports_are_counted_from_the_base() -> None:
    assert Ports(8000).by_use == {
        "hub": 8000,
        "broker": 8010,
        "wellbeing": 8020,
        "mailbox": 8030,
        "mailbox SMTP": 8031,
    }


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EACCES, "Permission is missing"),
        (errno.EROFS, "Permission is missing"),
    ],
)
def test_trouble_of_the_machine_is_one_sentence_with_the_way_out(number: int, words: str) -> None:
    said = explain(OSError(number, os.strerror(number), "/data"), doing="starting Admin Hub")
    assert words in said
    assert "/data" in said
    assert "--data" in said
    assert "\n" not in said


def test_a_full_disk_is_noticed_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 5 * 2**20})
    monkeypatch.setattr(supervisor.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CannotStart, match="5 MB are free"):
        supervisor.check_space(tmp_path / "data")


def test_two_stacks_cannot_share_a_data_folder(tmp_path: Path) -> None:
    with supervisor.hold_lock(tmp_path):
        assert supervisor.is_locked(tmp_path)
        assert supervisor.holder(tmp_path) == os.getpid()
        with pytest.raises(supervisor.AlreadyHeld), supervisor.hold_lock(tmp_path):
            pass
    assert not supervisor.is_locked(tmp_path)


def test_a_state_left_by_a_killed_supervisor_is_not_believed(tmp_path: Path) -> None:
    supervisor.state_path(tmp_path).parent.mkdir(parents=True)
    supervisor.state_path(tmp_path).write_text('{"pid": 1}')
    assert supervisor.running_state(tmp_path) is None


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = read_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make(path) == first
    assert len(set(first.values())) == len(first) - 1  # the app token is the same on both sides


def test_the_callers_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_BROKER_API_URL", "https://api.example/v1.0")
    env = environment(data=tmp_path, ports=Ports(9000), secrets=make_secrets(), database_urls={})
    assert env["HUB_BROKER_API_URL"] == "https://api.example/v1.0"
    assert env["HUB_URL"] == "http://localhost:9000"
    assert "DEMO_PASSWORD" not in env


def test_crashes_are_forgiven_after_a_minute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child = supervisor.Child("hub", [], {}, tmp_path / "log")
    now = 1000.0
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now)
    child.started_at = now
    assert [child.pause_after_crash() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.started_at = now - 61
    assert child.pause_after_crash() == 0.5


def test_nobody_else_may_look_into_the_data(tmp_path: Path) -> None:
    with supervisor.hold_lock(tmp_path / "data"):
        pass
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_file_in_the_data_folders_place_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(OSError) as trouble:
        (tmp_path / "data" / "run").mkdir(parents=True)
    assert "There is a file where a folder must be" in explain(trouble.value, doing="./hub up")


def test_port_base_nought_is_refused_and_not_taken_for_the_usual_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["up", "--detach", "--port-base", "0", "--data", str(tmp_path / "data")]) == 1
    assert "--port-base 0 is not possible" in capsys.readouterr().err
