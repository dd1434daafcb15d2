"""Whatever the bytes and whatever the order: the same truth, or a refusal."""

import csv
import io
import random
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.mis import Refused, Roster, School, read
from adminhub.runtime.demo.exports import Format, Kind, generate
from tests.unit.mis.samples import AS_AT, FORMATS, read_sample, sample, zip_entries

SMALL = School(mis_id="9994001", name="Oak Hill School", laestab="9994001")
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny generated school in each format."""
    formats: tuple[Format, ...] = ("sims", "integris", "oneroster-1.2")
    return {
        format: generate(
            tmp_path_factory.mktemp(format),
            seed=5,
            pupils=20,
            kind="primary",
            format=format,
            school=SMALL,
            domain="oak.example",
            as_at=AS_AT,
        ).export
        for format in formats
    }


@few
@given(seed=st.integers(), format=st.sampled_from(["sims", "integris", "oneroster-1.2"]))
def test_mutated_bytes_are_read_or_refused_and_never_crash(
    exports: dict[str, Path], seed: int, format: str
) -> None:
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        copy = copied(exports[format], Path(folder))
        victim = rng.choice(sorted(path for path in copy.rglob("*") if path.is_file()) or [copy])
        victim.write_bytes(mutated(victim.read_bytes(), rng))
        assert is_read_or_refused(copy)


@few
@given(seed=st.integers(), format=st.sampled_from(FORMATS))
def test_a_mutated_sample_of_any_format_is_read_or_refused(seed: int, format: str) -> None:
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        copy = copied(sample(format), Path(folder))
        victim = rng.choice(sorted(path for path in copy.rglob("*") if path.is_file()) or [copy])
        victim.write_bytes(mutated(victim.read_bytes(), rng))
        assert is_read_or_refused(copy)


@few
@given(seed=st.integers())
def test_mutated_tables_in_a_sound_zip_are_read_or_refused(exports: dict[str, Path], seed: int) -> None:
    rng = random.Random(seed)
    entries = zip_entries(exports["oneroster-1.2"])
    victim = rng.choice(sorted(entries))
    entries[victim] = mutated(entries[victim], rng)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        assert is_read_or_refused(path)


def is_read_or_refused(path: Path) -> bool:
    """Whether reading ends in a roster, or in a refusal that says what to do."""
    try:
        return isinstance(read([path], as_at=AS_AT), Roster)
    except Refused as refusal:
        return bool(refusal.what_to_do)


def copied(export: Path, folder: Path) -> Path:
    copy = folder / export.name
    if export.is_dir():
        shutil.copytree(export, copy)
    else:
        shutil.copy(export, copy)
    return copy


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled or put in."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(changed) + 1)
        length = rng.choice((0, 1, 2, 40, 400))
        piece = rng.choice(
            (
                rng.randbytes(3),
                b'"',
                b",",
                b"\n",
                b"<",
                b"&",
                b"\xff",
                b"\x00",
                bytes(changed[place : place + 60]),
            )
        )
        changed[place : place + length] = piece
    return bytes(changed)


@few
@given(seed=st.integers())
def test_the_order_of_rows_and_columns_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "integris"
        shutil.copytree(sample("integris"), copy)
        for table in copy.glob("*.csv"):
            table.write_text(
                shuffled(table.read_text(encoding="utf-8-sig"), rng), encoding="utf-8", newline=""
            )

        assert ordered(read_sample(copy)) == ordered(read_sample(sample("integris")))


def shuffled(text: str, rng: random.Random) -> str:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    head, *body = [[row[place] for place in order] for row in rows]
    rng.shuffle(body)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *body])
    return out.getvalue()


def ordered(roster: Roster) -> tuple[object, ...]:
    """The roster's people and classes whatever their order."""
    return (
        sorted(roster.pupils, key=lambda pupil: pupil.mis_id),
        sorted(roster.employees, key=lambda person: person.mis_id),
        sorted(
            (
                replace(
                    group,
                    pupils=tuple(sorted(group.pupils)),
                    employees=tuple(sorted(group.employees)),
                    year_groups=tuple(sorted(group.year_groups)),
                )
                for group in roster.classes
            ),
            key=lambda group: (group.kind, group.mis_id),
        ),
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    pupils=st.integers(20, 160),
    kind=st.sampled_from(["secondary", "primary"]),
    format=st.sampled_from(["sims", "integris", "oneroster-1.2"]),
    as_at=st.dates(date(2025, 9, 10), date(2027, 7, 1)),
)
def test_a_generated_school_read_back_is_what_was_generated(
    seed: int, pupils: int, kind: Kind, format: Format, as_at: date
) -> None:
    with TemporaryDirectory() as folder:
        generated = generate(
            Path(folder),
            seed=seed,
            pupils=pupils,
            kind=kind,
            format=format,
            school=SMALL,
            domain="oak.example",
            as_at=as_at,
        )
        roster = read([generated.export], as_at=as_at)

    assert roster.rejects == ()
    assert ordered(roster) == ordered(generated.roster)
