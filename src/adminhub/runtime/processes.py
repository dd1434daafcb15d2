"""Starts child processes that cannot outlive the process that started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _tie_to_parent(death_signal: int, setuid_to: int | None) -> Callable[[], None]:
    parent = os.getpid()

    def before_exec() -> None:
        os.setsid()
        if setuid_to is not None:
            os.setgroups([])
            os.setgid(setuid_to)
            os.setuid(setuid_to)
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


def start(
    command: Sequence[str],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    death_signal: int = signal.SIGTERM,
    setuid_to: int | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; the kernel sends it `death_signal` when we die.

    Linux ties the child to the *thread* that called this, so call it from a thread that lives as long
    as the child should: in practice the main thread. Output is appended to `log`, or dropped.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
        return subprocess.Popen(  # noqa: S603  # the callers' commands are fixed lists
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            preexec_fn=_tie_to_parent(death_signal, setuid_to),
        )


def die_with_parent(death_signal: int) -> None:
    """Ask the kernel to send this process a signal when its parent dies (Linux; elsewhere nothing)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)


def stop_group(process: subprocess.Popen[bytes], sig: int) -> None:
    """Send a signal to a child and everything it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, sig)
