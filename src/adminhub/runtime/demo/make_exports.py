"""Writes the demo schools' MIS exports once: `python -m adminhub.runtime.demo.make_exports`."""

import argparse
import os
import shutil
from pathlib import Path

from adminhub.mis.roster import School
from adminhub.runtime.demo.cast import LOGINS
from adminhub.runtime.demo.exports import NamedEmployee, generate
from adminhub.runtime.demo.schools import EXPORTS, OAK_HILL, DemoExport, folder_of


def make(data: Path, export: DemoExport, *, pupils: int, years_later: int = 0) -> None:
    """Write one school's export beside its place and rename, so that no half export is ever read."""
    school = export.school
    folder = folder_of(data, school, years_later=years_later)
    if folder.exists():
        return
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    generate(
        draft / "files",
        seed=export.seed,
        pupils=pupils,
        kind=export.kind,
        format=export.format,
        school=School(mis_id=school.laestab, name=school.name, urn=school.urn, laestab=school.laestab),
        domain=school.domain,
        named=[
            NamedEmployee(
                title=title, forename=person.first_name, surname=person.last_name, email=person.email
            )
            for person in LOGINS
            if person.email.endswith(f"@{school.domain}") and person.site == "hub" and (title := person.title)
        ],
        years_later=years_later,
    )
    (draft / "files" / "hub_roster.csv").rename(draft / "hub_roster.csv")
    (draft / "files").rename(draft / "export")
    draft.rename(folder)


def main() -> None:
    """Write what is missing, of today or of `--years-later N`.

    ADMINHUB_DEMO_PUPILS makes Oak Hill another size (benchmarks: 3000).
    """
    options = argparse.ArgumentParser()
    options.add_argument("--years-later", type=int, default=0)
    options.add_argument("--school", default="", help="only this one's")
    asked = options.parse_args()
    for export in (one for one in EXPORTS if asked.school in ("", one.school.key)):
        wanted = os.environ.get("ADMINHUB_DEMO_PUPILS", "") if export.school is OAK_HILL else ""
        size = int(wanted or export.pupils)
        make(Path(os.environ["ADMINHUB_DATA"]), export, pupils=size, years_later=asked.years_later)


if __name__ == "__main__":
    main()
