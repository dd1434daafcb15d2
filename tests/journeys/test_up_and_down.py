"""`./hub up` and `./hub down` on a real stack: what starts, what stays, and what a kill leaves behind."""

import json
import os
import pty
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, Stack, clean_environment, free_port_base, start_stack, stop_stack

HUB = str(ROOT / "hub")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that has been used once, so that later starts are warm."""
    folder = tmp_path_factory.mktemp("up-and-down")
    start_stack(folder)
    stop_stack(folder)
    yield folder
    stop_stack(folder)
    kill_everything_on(folder)


def processes_on(data: Path) -> list[int]:
    """Every process whose command or environment names the data folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"ADMINHUB_DATA={data}".encode() in words or f"{data}/".encode() in words:
                found.append(int(entry.name))
    return found


def kill_everything_on(data: Path) -> None:
    for pid in processes_on(data):
        os.kill(pid, signal.SIGKILL)


def wait_until_gone(data: Path, *, seconds: float = 12) -> list[int]:
    """The processes still there after waiting."""
    deadline = time.monotonic() + seconds
    while (left := processes_on(data)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def supervisor_of(data: Path) -> int:
    return int(json.loads((data / "run" / "state.json").read_text())["pid"])


def test_the_answer_has_every_address_and_login(data: Path) -> None:
    stack = start_stack(data)
    try:
        assert {
            "hub_url", "broker_url", "broker_api_url", "wellbeing_url", "mailbox_url", "logins",
            "broker_app_token",
        } <= set(stack.answer)  # fmt: skip
        assert {
            "access_coordinator", "teacher_admin", "teacher", "second_service_coordinator",
            "broker_administrator", "broker_operator",
        } <= set(stack.answer["logins"])  # fmt: skip
        assert all(set(login) == {"email", "password"} for login in stack.answer["logins"].values())
        assert all(answers(url) for url in (stack.hub, stack.broker, stack.wellbeing, stack.mailbox))
    finally:
        stop_stack(data)
    assert wait_until_gone(data, seconds=15) == []


def test_a_second_up_answers_the_same_and_a_second_start_keeps_the_logins(data: Path) -> None:
    first = start_stack(data)
    again = subprocess.run(
        [HUB, "up", "--detach", "--json", "--data", str(data)],
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    stop_stack(data)
    assert json.loads(again.stdout) == first.answer
    second = start_stack(data)
    stop_stack(data)
    assert second.answer["logins"] == first.answer["logins"]
    assert second.answer["broker_app_token"] == first.answer["broker_app_token"]


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(data: Path) -> None:
    start_stack(data)
    os.kill(supervisor_of(data), signal.SIGKILL)
    assert wait_until_gone(data) == []
    stack = start_stack(data)
    assert answers(stack.hub)
    stop_stack(data)


@pytest.mark.parametrize("name", ["hub:application", "runtime.worker hub", "runtime.mailbox", "/postgres -D"])
def test_a_killed_part_comes_back_by_itself(data: Path, name: str) -> None:
    stack = start_stack(data)
    try:
        (before,) = {pid for pid in processes_on(data) if name in command_of(pid) and is_first(pid)}
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 60
        back = False
        while not back and time.monotonic() < deadline:
            time.sleep(0.2)
            now = {pid for pid in processes_on(data) if name in command_of(pid) and is_first(pid)}
            back = bool(now - {before}) and answers(stack.hub) and answers(stack.mailbox)
        assert back, f"{name} did not come back"
    finally:
        stop_stack(data)
    assert wait_until_gone(data, seconds=15) == []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_first(pid: int) -> bool:
    """Whether the supervisor started it itself (granian and PostgreSQL have children of their own)."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return "runtime.cli" in command_of(parent)


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "closing the terminal"])
def test_stopping_in_the_foreground_leaves_nothing(data: Path, how: str) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [HUB, "up", "--data", str(data), "--port-base", str(free_port_base())],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal,
        env=clean_environment(),
    )
    os.close(slave)
    said = b""
    deadline = time.monotonic() + 90
    while b"Ctrl-C stops everything" not in said and time.monotonic() < deadline:
        said += os.read(master, 4096)
    if how == "Ctrl-C":
        os.write(master, b"\x03")
    elif how == "SIGTERM":
        process.terminate()
    else:
        os.close(master)
    process.wait(20)
    assert wait_until_gone(data, seconds=15) == []
    if how != "closing the terminal":
        os.close(master)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_port_in_use_is_one_sentence(stack: Stack, tmp_path: Path) -> None:
    base = int(stack.hub.rpartition(":")[2])
    done = subprocess.run(
        [HUB, "up", "--detach", "--data", str(tmp_path / "other"), "--port-base", str(base)],
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Port {base} (for the hub) is in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert processes_on(tmp_path / "other") == []


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """A real full disk: a tmpfs of 3 MB in a mount namespace of its own."""
    script = f"mount -t tmpfs -o size=3m none {tmp_path} && {HUB} up --detach --data {tmp_path}/data"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this machine allows no mount namespaces")
    assert done.returncode == 1
    assert "The disk" in done.stderr
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_missing_permission_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = subprocess.run(
        [HUB, "up", "--detach", "--data", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    assert done.returncode == 1
    assert "ermission" in done.stderr
    assert "Traceback" not in done.stderr


def test_down_without_anything_running_is_fine(tmp_path: Path) -> None:
    done = subprocess.run([HUB, "down", "--data", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Nothing is running" in done.stderr
