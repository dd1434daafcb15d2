"""`./hub match HUB.csv MIS.csv -o PREDICTIONS.csv`: the hub's matching on two files.

Exit status: 0 the predictions are written; 1 a file cannot be read or written, and nothing was; 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from adminhub.hub.matching.files import BadFile, match_rows, read_rows, write_rows

WIDTH = 24


def main(arguments: Sequence[str]) -> int:
    """Match two files and return the exit status."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    gc.disable()  # one run, then the process ends: nothing is gained by looking for rubbish
    tell = _Bar(sys.stderr.isatty() and not options.quiet)
    try:
        tell("Reading", 0)
        hub, mis = read_rows(options.hub, key="hub_id"), read_rows(options.mis, key="mis_id")
        rows = match_rows(hub, mis, tell=tell)
        write_rows(options.output, rows)
    except BadFile as trouble:
        tell.clear()
        print(trouble, file=sys.stderr)
        return 1
    tell.clear()
    if not options.quiet:
        people: Counter[str] = Counter(row[2] for row in rows if row[2] != "May match")
        asked = len({row[0] for row in rows if row[2] == "May match"})
        print(
            f"{people['Matched']:,} matched, {asked:,} may match, {people['New']:,} new, "
            f"{people['Not matched']:,} not matched; {options.output} written in "
            f"{time.perf_counter() - started:.2f} s.",
            file=sys.stderr,
        )
    return 0


class _Bar:
    """A progress bar on a terminal; nothing where nobody looks."""

    def __init__(self, is_seen: bool) -> None:
        self._is_seen = is_seen

    def __call__(self, what: str, done: int) -> None:
        if self._is_seen:
            full = WIDTH * done // 100
            bar = "█" * full + "·" * (WIDTH - full)
            print(f"\r\033[K[{bar}] {done:3d} %  {what}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._is_seen:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./hub match",
        description="Match a hub's people with an MIS's, from two CSV files, and write who is who and why.",
        epilog="The columns and the rules are in docs/reference/matching-rules.md. "
        "Exit status: 0 written; 1 a file cannot be read or written, and nothing was; 2 wrong arguments.",
    )
    parser.add_argument("hub", type=Path, metavar="HUB.csv")
    parser.add_argument("mis", type=Path, metavar="MIS.csv")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PREDICTIONS.csv")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar and no summary")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
