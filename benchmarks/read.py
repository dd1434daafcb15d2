"""How fast exports are read: `./hub bench read [--quick]`. Each reading runs in a process of its own."""

import argparse
import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from adminhub.mis import School, read
from adminhub.mis.identifiers import upn_check_letter
from adminhub.runtime.demo.exports import Format, generate
from benchmarks._record import machine, record, table

SCHOOL = School(mis_id="9994001", name="Bench School", laestab="9994001")
AS_AT = date(2026, 3, 2)
CONTACT = (
    "<Contact><Order>{order}</Order><Title>Mrs</Title><Surname>Novak</Surname><Forename>Jo</Forename><Sex>F</Sex>"
    "<Relationship>PAM</Relationship><Responsibility>true</Responsibility><AddressAsPupil>true</AddressAsPupil>"
    "<Phones><Phone><TelephoneType>M</TelephoneType><PhoneNo>07700 900209</PhoneNo></Phone></Phones>"
    "<Email>jo.novak@mail.example</Email></Contact>\n"
)
SESSIONS = (
    "<YearData><Year>2026</Year><LEA>999</LEA><Estab>4001</Estab><SessionsPossible>46</SessionsPossible>"
    "<SessionsAttended>44</SessionsAttended><SessionsAuthorised>2</SessionsAuthorised></YearData>\n"
)
PUPIL = (
    "<Pupil><UPN>{upn}</UPN><Surname>Ray {number}</Surname><Forename>Kit</Forename><DOB>2014-05-06</DOB><Sex>F</Sex>\n"
    "<BasicDetails><PreferredForename>Kim</PreferredForename><MiddleNames>Ada</MiddleNames>"
    "<NCyearActual>7</NCyearActual><Ethnicity>WBRI</Ethnicity><EthnicitySource>P</EthnicitySource>"
    "<Languages><Type><LanguageType>F</LanguageType><Language>ENG</Language></Type></Languages>"
    "<MedicalFlag>false</MedicalFlag><EnrolStatus>C</EnrolStatus></BasicDetails>\n"
    "<SENhistory><SEN><StartDate>2025-09-01</StartDate><SENprovision>K</SENprovision></SEN></SENhistory>\n"
    "<Address><BS7666Address><PAON>159</PAON><Street>Oak Lane</Street><Town>Oakham Vale</Town></BS7666Address>"
    "<PostCode>WX1 1AA</PostCode></Address>\n"
    "<Contacts>" + CONTACT.format(order=1) + CONTACT.format(order=2) + "</Contacts>"
    "<Attendance>" + SESSIONS * 3 + "</Attendance>"
    "<SchoolHistory><School><LEA>999</LEA><Estab>4001</Estab><EntryDate>2025-09-03</EntryDate>"
    "<LastSchool>true</LastSchool></School></SchoolHistory></Pupil>\n"
)


def main() -> None:
    """Generate the exports, read each, and print the figures."""
    parser = argparse.ArgumentParser(prog="./hub bench read")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one)))
        return
    part = 10 if options.quick else 1
    with TemporaryDirectory() as folder:
        figures = [
            figure(
                "SIMS XML, the pupils' report", export(Path(folder), "sims", 100_000 // part) / "pupils.xml"
            ),
            figure("Common Transfer File", common_transfer_file(Path(folder), 100_000 // part)),
            figure("OneRoster 1.2 zip", export(Path(folder), "oneroster-1.2", 3_000 // part)),
            figure("RM Integris CSV", export(Path(folder), "integris", 3_000 // part)),
        ]
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for row in figures:
        print(
            "{what:30} {pupils:>9,} pupils {memberships:>9,} memberships {seconds:6.2f} s {megabytes:5} MB".format(
                **row
            )
        )
    if not options.quick:
        record("read", section(figures))


def section(figures: list[dict[str, object]]) -> str:
    """The section of docs/benchmarks.md."""
    rows = [
        (
            row["what"],
            f"{row['pupils']:,}",
            f"{row['memberships']:,}",
            f"{row['seconds']} s",
            f"{row['megabytes']} MB",
        )
        for row in figures
    ]
    return "\n\n".join(
        (
            "## Reading exports (`./hub bench read`)",
            f"On {machine()}. Each export is read in a process of its own; memory is the most it held.",
            table(("export", "pupils", "memberships", "time", "memory"), rows),
        )
    )


def export(folder: Path, format: Format, pupils: int) -> Path:
    """Generate a school of this size and return its export."""
    return generate(
        folder / format,
        seed=1,
        pupils=pupils,
        kind="secondary",
        format=format,
        school=SCHOOL,
        domain="bench.example",
        as_at=AS_AT,
    ).export


def common_transfer_file(folder: Path, pupils: int) -> Path:
    """Write a CTF of so many pupils, each with about what a school writes of one."""
    path = folder / "pupils.xml"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("<CTfile><Header><DocumentQualifier>full</DocumentQualifier></Header><CTFpupilData>\n")
        for number in range(pupils):
            rest = f"9994001{number % 100_000:05d}"
            stream.write(PUPIL.format(upn=upn_check_letter(rest) + rest, number=number))
        stream.write("</CTFpupilData></CTfile>\n")
    return path


def figure(what: str, path: Path) -> dict[str, object]:
    """Read the export in a fresh process, so that its memory can be told."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(path)], capture_output=True, text=True, check=True
    )
    return {"what": what, **json.loads(done.stdout)}


def measured(path: Path) -> dict[str, object]:
    """Time and memory of one reading, this process's own imports included in the memory."""
    started = time.perf_counter()
    counts = read([path], as_at=AS_AT).counts
    seconds = time.perf_counter() - started
    megabytes = peak_memory_kilobytes() // 1024
    return {
        "pupils": counts["pupils"],
        "memberships": counts["memberships"],
        "seconds": round(seconds, 2),
        "megabytes": megabytes,
    }


def peak_memory_kilobytes() -> int:
    """The most this process has held. Not from `getrusage`, where the parent's peak shines through."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
