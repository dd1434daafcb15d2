"""A worker that is killed on demand: forks a child for each request, which SIGKILLs itself at the n-th statement.

The parent never opens a database connection, so a child's is its own, and dies with it as a real worker's does.
Requests come as lines of JSON on standard input: `run`, `school`, `broker` (a pickle's path) and `kill_at`,
counted in halves of a statement (odd: before it is sent; even: after it was answered), or null. Each answer is
the child's signal or exit status.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django


def main() -> None:
    """Answer until standard input ends."""
    django.setup()

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _work(*, school: int, run: int, broker: str, kill_at: int | None) -> None:
    from django.db import connection

    from adminhub.hub.syncs.run import carry_on

    halves = 0

    def count() -> None:
        nonlocal halves
        halves += 1
        if halves == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(execute: Callable[..., Any], *statement: Any) -> Any:
        count()
        answer = execute(*statement)
        count()
        return answer

    try:
        with connection.execute_wrapper(counted):
            carry_on(school_id=school, run_id=run, provider=pickle.loads(Path(broker).read_bytes()))  # noqa: S301  # ours
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
