"""Modules are named after what they hold, and say so in their first line."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULES = [path for path in SOURCES if "migrations" not in path.parts]
EMPTY_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "base",
    "manager",
    "service",
    "handler",
}
PUPIL_WORDS = re.compile(r"\b(class|def) (Student|Staff|Teacher)\b")


def test_no_module_is_called_by_an_empty_word() -> None:
    named = [path for path in MODULES if {path.stem, path.parent.name} & EMPTY_NAMES]
    assert named == []


def test_every_module_says_in_its_first_line_which_part_of_the_way_it_is() -> None:
    silent = []
    for path in MODULES:
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]
        if not first.rstrip().endswith((".", "?", ")")):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_our_words_for_people_are_the_glossarys() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if {"hub", "broker", "wellbeing"} & set(path.parts) and PUPIL_WORDS.search(path.read_text())
    ]
    assert offenders == []


def test_only_the_runtime_reads_the_environment() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if "runtime" not in path.parts and re.search(r"os\.(environ|getenv)", path.read_text())
    ]
    assert offenders == []


def test_nothing_is_wired_by_signals_or_by_save() -> None:
    pattern = re.compile(r"from django\.db\.models\.signals|@receiver|def save\(self")
    offenders = [str(path.relative_to(ROOT)) for path in MODULES if pattern.search(path.read_text())]
    assert offenders == []


def test_everything_is_caught_narrowly() -> None:
    """`except Exception` may stand once, at the top of a job."""
    offenders = {}
    for path in MODULES:
        count = len(re.findall(r"except (Base)?Exception|except:", path.read_text()))
        if count > 1:
            offenders[str(path.relative_to(ROOT))] = count
    assert offenders == {}
