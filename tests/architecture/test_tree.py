"""What is committed works on any machine: no registry, no path of one workplace, no secret."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = [
    host + "." + end
    for host, end in (("pypi", "org"), ("pythonhosted", "org"), ("registry.npmjs", "org"), ("npmjs", "com"))
]
WORKPLACE = re.compile("/" + r"work/(?!flows)\w+")
PRIVATE_KEY = re.compile("-----BEGIN " + r"[A-Z ]*PRIVATE KEY-----")
BIGGEST = 1_500_000


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in committed():
        data = path.read_bytes()
        if b"\0" not in data[:2000] and path.suffix not in {".woff2", ".png", ".xlsx"}:
            found.append((str(path.relative_to(ROOT)), data.decode(errors="replace")))
    return found


def test_no_package_registry_is_named() -> None:
    assert [name for name, text in texts() if any(host in text for host in REGISTRIES)] == []


def test_no_path_of_a_workplace_is_named() -> None:
    assert [name for name, text in texts() if WORKPLACE.search(text)] == []


def test_no_private_key_is_committed() -> None:
    assert [name for name, text in texts() if PRIVATE_KEY.search(text)] == []


def test_no_file_is_huge() -> None:
    assert [str(path) for path in committed() if path.stat().st_size > BIGGEST] == []


def test_lock_files_name_every_package_with_its_hashes() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        pinned = re.findall(r"^([A-Za-z0-9_.-]+)==", lock.read_text(), flags=re.M)
        assert pinned, lock
        assert lock.read_text().count("--hash=sha256:") >= len(pinned)
        assert "index-url" not in lock.read_text()
