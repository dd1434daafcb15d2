"""Writes a benchmark's section of docs/benchmarks.md, with the machine and the day; other sections stay."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Figures of the machine named in each section; `./hub bench NAME` measures anew and rewrites the section.
"""


def machine() -> str:
    """This machine in half a sentence."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", info)
    model = found[1].strip() if found else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Python {platform.python_version()}, "
        f"load average {load:.1f}, {date.today():%-d %B %Y}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def record(name: str, body: str) -> None:
    """Replace the section of this name, or add it at the end."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else HEAD
    section = f"<!-- {name} -->\n{body.strip()}\n<!-- end of {name} -->\n"
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- end of {name} -->\n", re.DOTALL)
    if not pattern.search(text):
        text = f"{text.rstrip()}\n\n{section}"
    DOCUMENT.write_text(pattern.sub(lambda _: section, text))
