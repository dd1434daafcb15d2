"""Invented schools, written the way their MIS would export them, and what the hub already knew of them.

The same seed gives the same school. Nobody here exists: LA code 999, postcode areas and telephone numbers that were
never issued.
"""

import csv
import io
import random
import unicodedata
import uuid
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from adminhub.mis.identifiers import upn_check_letter
from adminhub.mis.roster import Employee, Pupil, Roster, School, SchoolClass
from adminhub.runtime.demo import names

Kind = Literal["secondary", "primary"]
Format = Literal["sims", "integris", "oneroster-1.2"]

HUB_COLUMNS = (
    "kind",
    "title",
    "forename",
    "surname",
    "legal_forename",
    "legal_surname",
    "birthday",
    "sex",
    "upn",
    "email",
    "year_group",
    "registration_group",
    "role",
)

_FORM_SIZE = 27
_SECONDARY_SHARES = {"7": 18, "8": 18, "9": 17, "10": 17, "11": 16, "12": 8, "13": 6}
_PRIMARY_YEARS = ("N2", "R", "1", "2", "3", "4", "5", "6")
_SUBJECTS = {
    "En": "English",
    "Ma": "Mathematics",
    "Sc": "Science",
    "Hi": "History",
    "Ge": "Geography",
    "Fr": "French",
    "Sp": "Spanish",
    "Ar": "Art",
    "Mu": "Music",
    "Pe": "Physical Education",
    "Re": "Religious Studies",
    "Dt": "Design and Technology",
    "Cp": "Computing",
    "Dr": "Drama",
}
_SET_SUBJECTS = ("Ma", "En", "Sc")
_TREES = ("Acorn", "Ash", "Birch", "Cedar", "Hazel", "Holly", "Larch", "Maple", "Oak", "Pine", "Rowan", "Willow", "Yew")
_SUPPORT_ROLES = (
    "Teaching Assistant",
    "Teaching Assistant",
    "Teaching Assistant",
    "Higher Level Teaching Assistant",
    "Administrator",
    "Attendance Officer",
    "Science Technician",
    "Midday Supervisor",
    "Site Manager",
    "Librarian",
    "Pastoral Support",
    "School Business Manager",
)
_ONEROSTER_ROLES = {
    "Headteacher": "principal",
    "Administrator": "siteAdministrator",
    "Attendance Officer": "siteAdministrator",
    "School Business Manager": "siteAdministrator",
    "Teaching Assistant": "aide",
    "Higher Level Teaching Assistant": "aide",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEmployee:
    """Somebody who must work at the school, such as a demo log-in."""

    title: str
    forename: str
    surname: str
    email: str
    role: str = "Teacher"


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written. `export` is what to give a reader; `roster` is exactly what it must find."""

    export: Path
    hub_roster: Path
    roster: Roster


@dataclass(slots=True)
class _World:
    """The school as it is, before a format leaves anything out. Classes name people by the world's own mis_id."""

    school: School
    as_at: date
    domain: str
    pupils: list[Pupil] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    forms: list[SchoolClass] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)


def generate(
    folder: Path,
    *,
    seed: int,
    pupils: int,
    kind: Kind,
    format: Format,
    school: School,
    domain: str,
    staff: int | None = None,
    as_at: date | None = None,
    named: Sequence[NamedEmployee] = (),
) -> Generated:
    """Write one school's export and `hub_roster.csv` into the folder.

    The export lies in its own folder (or zip) below, so that it can be given to a reader as it is. `domain` is for
    e-mail addresses; `staff` is about a tenth of the pupils when left out; `as_at` is today when left out.
    """
    rng = random.Random(seed)
    world = _world(rng, school, kind, pupils, staff=staff, as_at=as_at or date.today(), domain=domain, named=named)
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path, _World], Path]] = {
        "sims": _write_sims,
        "integris": _write_integris,
        "oneroster-1.2": _write_oneroster,
    }
    shapes: dict[str, Callable[[_World], Roster]] = {
        "sims": _as_sims,
        "integris": _as_integris,
        "oneroster-1.2": _as_oneroster,
    }
    export = writers[format](folder, world)
    hub_roster = folder / "hub_roster.csv"
    _write_hub_roster(hub_roster, world, rng)
    return Generated(export=export, hub_roster=hub_roster, roster=shapes[format](world))


# The school


def _world(
    rng: random.Random,
    school: School,
    kind: Kind,
    size: int,
    *,
    staff: int | None,
    as_at: date,
    domain: str,
    named: Sequence[NamedEmployee],
) -> _World:
    world = _World(school=school, as_at=as_at, domain=domain)
    sizes = _year_sizes(kind, size)
    _add_forms(world, kind, sizes)
    _add_pupils(world, rng, kind, sizes)
    _add_hard_cases(world, rng)
    _add_staff(world, rng, kind, staff or max(14, round(size * 0.09)), named)
    if kind == "secondary":
        _add_secondary_classes(world, rng)
    else:
        _add_primary_classes(world, rng)
    _give_teachers(world, rng)
    return world


def _academic_year(as_at: date) -> int:
    return as_at.year if as_at.month >= 9 else as_at.year - 1


def _number(year: str) -> int:
    return {"N1": -2, "N2": -1, "R": 0}[year] if year in ("N1", "N2", "R") else int(year)


def _year_sizes(kind: Kind, size: int) -> dict[str, int]:
    shares = _SECONDARY_SHARES if kind == "secondary" else {year: 12 if year != "N2" else 8 for year in _PRIMARY_YEARS}
    if kind == "secondary" and size < 200:
        shares = {year: share for year, share in shares.items() if int(year) <= 11}
    total = sum(shares.values())
    sizes = {year: max(1, size * share // total) for year, share in shares.items()}
    first = next(iter(sizes))
    sizes[first] += size - sum(sizes.values())
    return sizes


def _add_forms(world: _World, kind: Kind, sizes: dict[str, int]) -> None:
    """Forms of about 27; a primary's small years share a class, so that mixed-age classes occur."""
    if kind == "secondary":
        for year, size in sizes.items():
            count = max(1, round(size / _FORM_SIZE))
            for place in range(count):
                name = f"{year}{_letters(place)}"
                world.forms.append(_form(len(world.forms), name, (year,), room=f"T{len(world.forms) + 1}"))
        return
    trees = iter(_TREES)
    years = list(sizes)
    place = 0
    while place < len(years):
        year = years[place]
        together = (year, years[place + 1]) if place + 1 < len(years) and year in ("1", "3") else (year,)
        people = sum(sizes[each] for each in together)
        for _ in range(max(1, round(people / _FORM_SIZE))):
            name = next(trees, None) or f"Class {len(world.forms) + 1}"
            world.forms.append(_form(len(world.forms), name, together, room=f"Room {len(world.forms) + 1}"))
        place += len(together)


def _letters(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{chr(ord('A') + place - 26)}"


def _form(number: int, name: str, years: tuple[str, ...], *, room: str) -> SchoolClass:
    return SchoolClass(mis_id=str(700 + number), name=name, kind="registration", year_groups=years, room=room)


def _add_pupils(world: _World, rng: random.Random, kind: Kind, sizes: dict[str, int]) -> None:
    year_start = _academic_year(world.as_at)
    serials: dict[tuple[str, int], int] = {}
    feeders = [f"999{number}" for number in rng.sample(range(2001, 3999), 12)]
    own = world.school.laestab or "9992000"
    families: list[tuple[str, str, str]] = []
    for year, size in sizes.items():
        forms = [form for form in world.forms if year in form.year_groups]
        for place in range(size):
            sex = rng.choice("MF")
            if families and rng.random() < 0.22:
                surname, address, postcode = rng.choice(families[-400:])
            else:
                surname = rng.choice(names.SURNAMES)
                postcode = f"EK{rng.randint(1, 19)} {rng.randint(1, 9)}{rng.choice('ABDEFGHJLN')}{rng.choice('PQRSTUWXYZ')}"
                address = f"{rng.randint(1, 160)} {rng.choice(names.STREETS)}, Eastmoor, {postcode}"
                families.append((surname, address, postcode))
            forename = rng.choice(names.BOYS if sex == "M" else names.GIRLS)
            number = len(world.pupils)
            intake = year_start - _number(year)
            upn = _upn(rng, own if kind == "primary" else rng.choice(feeders), intake, serials)
            joined = date(year_start - max(0, _number(year) - 7), 9, 3) if kind == "secondary" else date(
                year_start - max(0, _number(year)), 9, 4
            )
            world.pupils.append(
                Pupil(
                    mis_id=str(20_000 + number * 3),
                    upn=upn,
                    admission_number=f"{3000 + number:06d}",
                    uln=_uln(rng) if _number(year) >= 9 else None,
                    legal_forename=forename,
                    legal_surname=surname,
                    preferred_forename=names.SHORT_NAMES.get(forename, forename) if rng.random() < 0.3 else forename,
                    preferred_surname=surname,
                    middle_names=rng.choice(names.BOYS if sex == "M" else names.GIRLS) if rng.random() < 0.4 else None,
                    date_of_birth=_birthday(rng, year_start, year),
                    sex=sex,
                    year_group=year,
                    registration_group=forms[place % len(forms)].name,
                    enrolment_status="C",
                    admission_date=joined,
                    email=_pupil_email(forename, surname, number, world.domain) if kind == "secondary" else None,
                    username=_username(forename, surname, number),
                    free_school_meals=rng.random() < 0.2,
                    pupil_premium=rng.random() < 0.25,
                    sen=rng.choices(("N", "K", "E"), (84, 12, 4))[0],
                    eal=rng.random() < 0.2,
                    address=address,
                    postcode=postcode,
                )
            )


def _birthday(rng: random.Random, year_start: int, year: str) -> date:
    first = date(year_start - 5 - _number(year), 9, 1)
    return first + timedelta(days=rng.randrange(365))


def _upn(rng: random.Random, laestab: str, intake: int, serials: dict[tuple[str, int], int]) -> str:
    serial = serials[laestab, intake] = serials.get((laestab, intake), 0) + 1
    rest = f"{laestab}{intake % 100:02d}{serial % 1000:03d}"
    return upn_check_letter(rest) + rest


def _uln(rng: random.Random) -> str:
    while True:
        digits = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(8))]
        remainder = sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11
        if remainder:
            return "".join(map(str, digits)) + str(10 - remainder)


def _plain(text: str) -> str:
    """The letters an e-mail address may have."""
    apart = unicodedata.normalize("NFD", text.replace("ł", "l").replace("ı", "i"))
    return "".join(letter for letter in apart if letter.isascii() and letter.isalnum()).lower()


def _pupil_email(forename: str, surname: str, number: int, domain: str) -> str | None:
    return None if number % 40 == 7 else f"{_username(forename, surname, number)}@pupils.{domain}"


def _username(forename: str, surname: str, number: int) -> str:
    return f"{_plain(forename)[:1]}{_plain(surname)[:9]}{number:04d}"


def _add_hard_cases(world: _World, rng: random.Random) -> None:
    """Twins, same names, temporary and missing UPNs, a leaver still listed, one who starts later, nobody's form."""
    pupils = world.pupils
    size = len(pupils)

    def change(place: int, **fields: object) -> None:
        pupils[place % size] = replace(pupils[place % size], **fields)  # type: ignore[arg-type]

    _make_twins(pupils, 3, ("Kit", "Kim"), "Ray")
    _make_twins(pupils, size // 2, ("Amira", "Layla"), "Hassan")
    change(size // 3, legal_forename="Jo", preferred_forename="Jo", legal_surname="Novák", preferred_surname="Novák")
    for first in (size // 4, size // 5):
        other = pupils[first]
        change(
            first + 1,
            legal_forename=other.legal_forename,
            preferred_forename=other.preferred_forename,
            legal_surname=other.legal_surname,
            preferred_surname=other.preferred_surname,
            sex=other.sex,
        )
    for place in rng.sample(range(size), max(2, size // 60)):
        change(place, upn=None)
    for place in rng.sample(range(size), max(1, size // 150)):
        upn = pupils[place].upn
        if upn:
            rest = f"{upn[1:12]}{rng.choice('ABCDEFGHJKLMNPQRTUVWXYZ')}"
            change(place, upn=upn_check_letter(rest) + rest)
    for place in rng.sample(range(size), max(1, size // 80)):
        change(place, preferred_surname=rng.choice(names.SURNAMES))
    change(size // 7, registration_group=None)
    change(size // 6, enrolment_status="M")
    for place in (size // 8, size // 9):
        change(
            place, status="left", leaving_date=world.as_at - timedelta(days=12 + place % 9), registration_group=None
        )
    change(
        size - 1, status="future", admission_date=world.as_at + timedelta(days=35), registration_group=None, upn=None
    )


def _make_twins(pupils: list[Pupil], place: int, forenames: tuple[str, str], surname: str) -> None:
    older, younger = pupils[place], pupils[place + 1]
    pupils[place] = replace(
        older,
        legal_forename=forenames[0],
        preferred_forename=forenames[0],
        legal_surname=surname,
        preferred_surname=surname,
        middle_names=None,
    )
    pupils[place + 1] = replace(
        younger,
        legal_forename=forenames[1],
        preferred_forename=forenames[1],
        legal_surname=surname,
        preferred_surname=surname,
        middle_names=None,
        date_of_birth=older.date_of_birth,
        year_group=older.year_group,
        address=older.address,
        postcode=older.postcode,
    )


def _add_staff(world: _World, rng: random.Random, kind: Kind, count: int, named: Sequence[NamedEmployee]) -> None:
    teaching = round(count * (0.62 if kind == "secondary" else 0.5))
    codes: set[str] = set()
    emails = {person.email for person in named}
    for number in range(count):
        given = named[number] if number < len(named) else None
        sex = rng.choice("MF")
        forename = given.forename if given else rng.choice(names.MEN if sex == "M" else names.WOMEN)
        surname = given.surname if given else rng.choice(names.SURNAMES)
        title = given.title if given else ("Mr" if sex == "M" else rng.choice(("Mrs", "Ms", "Miss")))
        if given:
            sex = "M" if title == "Mr" else "F"
        if title != "Mr" and rng.random() < 0.05:
            title = "Dr"
        role, teaches = _role(kind, number, len(named), teaching, given)
        short = names.SHORT_NAMES.get(forename, forename) if not given and rng.random() < 0.4 else forename
        email: str | None = given.email if given else _email(short, surname, world.domain, emails)
        if given is None and not teaches and rng.random() < 0.15:
            email = None
        world.employees.append(
            Employee(
                mis_id=str(60_000 + number * 7),
                title=title,
                legal_forename=forename,
                legal_surname=surname,
                preferred_forename=short,
                preferred_surname=surname,
                date_of_birth=date(rng.randint(1961, 2000), rng.randint(1, 12), rng.randint(1, 28)),
                sex=sex,
                email=email,
                username=_plain(forename)[:1] + _plain(surname) + str(number),
                teacher_number=f"{rng.randint(100_000, 9_999_999):07d}" if teaches and rng.random() < 0.95 else None,
                staff_code=_code(forename, surname, codes),
                teaching=teaches,
                role=role,
                start_date=date(_academic_year(world.as_at) - rng.randint(0, 14), 9, 3),
            )
        )
    last = world.employees[-1]
    world.employees[-1] = replace(last, status="future", start_date=world.as_at + timedelta(days=40))
    world.employees[-2] = replace(
        world.employees[-2],
        status="left",
        start_date=date(_academic_year(world.as_at) - 6, 9, 3),
        end_date=world.as_at - timedelta(days=30),
    )


def _role(
    kind: Kind, number: int, named: int, teaching: int, given: NamedEmployee | None
) -> tuple[str, bool]:
    if given:
        return given.role, "Teacher" in given.role or "Head of" in given.role
    place = number - named
    if place == 0:
        return "Headteacher", True
    if place == 1:
        return "Deputy Headteacher", True
    if number < teaching:
        return ("Head of Department" if kind == "secondary" and place % 6 == 0 else "Teacher"), True
    return _SUPPORT_ROLES[place % len(_SUPPORT_ROLES)], False


def _email(forename: str, surname: str, domain: str, taken: set[str]) -> str:
    stem, number = f"{_plain(forename)[:1]}.{_plain(surname)}", 1
    address = f"{stem}@{domain}"
    while address in taken:
        number += 1
        address = f"{stem}{number}@{domain}"
    taken.add(address)
    return address


def _code(forename: str, surname: str, taken: set[str]) -> str:
    letters = (_plain(forename)[:1] + _plain(surname)).upper().ljust(3, "X")
    for second in letters[1:] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for third in letters[2:] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            code = letters[0] + second + third
            if code not in taken:
                taken.add(code)
                return code
    code = f"{letters[:2]}{len(taken)}"
    taken.add(code)
    return code


def _here(world: _World) -> list[Pupil]:
    return [pupil for pupil in world.pupils if pupil.status == "on_roll"]


def _class(
    world: _World, name: str, subject: str, years: tuple[str, ...], people: Iterable[Pupil]
) -> None:
    world.classes.append(
        SchoolClass(
            mis_id=str(1_000 + len(world.classes) * 3),
            name=name,
            kind="teaching",
            subject=subject,
            year_groups=years,
            pupils=tuple(pupil.mis_id for pupil in people),
        )
    )


def _add_secondary_classes(world: _World, rng: random.Random) -> None:
    """Form-taught subjects up to Year 9, sets in English, mathematics and science, options above: ten or so each."""
    by_year: dict[str, list[Pupil]] = {}
    by_form: dict[str, list[Pupil]] = {}
    for pupil in _here(world):
        by_year.setdefault(pupil.year_group or "", []).append(pupil)
        if pupil.registration_group:
            by_form.setdefault(pupil.registration_group, []).append(pupil)
    for year, people in by_year.items():
        if int(year) >= 12:
            _add_options(world, rng, year, people, tuple(_SUBJECTS), choices=4)
            continue
        for code in _SET_SUBJECTS:
            mixed = rng.sample(people, len(people))
            count = max(1, round(len(people) / 26))
            for place in range(count):
                _class(world, f"{year}x/{code}{place + 1}", _SUBJECTS[code], (year,), mixed[place::count])
        others = [code for code in _SUBJECTS if code not in _SET_SUBJECTS]
        if int(year) <= 9:
            for form in world.forms:
                if form.year_groups == (year,):
                    for code in others[:7]:
                        _class(world, f"{form.name}/{code}", _SUBJECTS[code], (year,), by_form.get(form.name, ()))
        else:
            for form in world.forms:
                if form.year_groups == (year,):
                    _class(world, f"{form.name}/Pe", _SUBJECTS["Pe"], (year,), by_form.get(form.name, ()))
            options = tuple(code for code in others if code != "Pe")
            _add_options(world, rng, year, people, options, choices=6)
    _class(world, "Su/Boost1", "Mathematics", ("11",), ())


def _add_options(
    world: _World, rng: random.Random, year: str, people: list[Pupil], codes: Sequence[str], *, choices: int
) -> None:
    chosen: dict[str, list[Pupil]] = {}
    for pupil in people:
        for code in rng.sample(codes, choices):
            chosen.setdefault(code, []).append(pupil)
    for code, group in sorted(chosen.items()):
        count = max(1, round(len(group) / 22))
        for place in range(count):
            _class(world, f"{year}{_letters(place)}/{code}{place + 1}", _SUBJECTS[code], (year,), group[place::count])


def _add_primary_classes(world: _World, rng: random.Random) -> None:
    here = _here(world)
    young = [pupil for pupil in here if pupil.year_group in ("R", "1")]
    for place in range(4):
        _class(world, f"Phonics {place + 1}", "Phonics", ("R", "1"), young[place::4])
    for year in ("5", "6"):
        people = [pupil for pupil in here if pupil.year_group == year]
        for place in range(2):
            _class(world, f"Y{year} Maths {place + 1}", "Mathematics", (year,), people[place::2])
    older = [pupil for pupil in here if pupil.year_group in ("3", "4", "5", "6")]
    _class(world, "Choir", "Music", ("3", "4", "5", "6"), rng.sample(older, len(older) // 5))
    _class(world, "Violin (Tues)", "Music", ("4", "5", "6"), rng.sample(older, min(6, len(older))))
    _class(world, "Speech & Language", "Intervention", ("R", "1", "2"), rng.sample(young, min(5, len(young))))
    _class(world, "Y6 Boosters", "Mathematics", ("6",), ())


def _give_teachers(world: _World, rng: random.Random) -> None:
    """Everybody who teaches has classes but for the head and one teacher; one class has nobody, one has two."""
    teachers = [person for person in world.employees if person.teaching and person.status == "current"]
    free = {person.mis_id for person in teachers if person.role == "Headteacher"}
    plain = [person for person in teachers if person.role == "Teacher"]
    free.add(plain[-1].mis_id)
    busy = [person.mis_id for person in teachers if person.mis_id not in free]
    world.classes = [
        replace(group, employees=(busy[place % len(busy)],)) if place != 5 else group
        for place, group in enumerate(world.classes)
    ]
    first = world.classes[0]
    world.classes[0] = replace(first, employees=(*first.employees, busy[1 % len(busy)]) if len(busy) > 1 else first.employees)
    members: dict[str, list[str]] = {}
    for pupil in world.pupils:
        if pupil.registration_group and pupil.status == "on_roll":
            members.setdefault(pupil.registration_group, []).append(pupil.mis_id)
    tutors = rng.sample(busy, len(busy))
    world.forms = [
        replace(form, pupils=tuple(members.get(form.name, ())), employees=(tutors[place % len(tutors)],))
        for place, form in enumerate(world.forms)
    ]


# What each format holds of it


def _as_sims(world: _World) -> Roster:
    """SIMS reports know classes by name, nothing of subjects and years, and nobody who has not started."""
    pupils = tuple(replace(_without(pupil, "username address"), house=None) for pupil in _reported(world))
    employees = tuple(
        replace(
            _employee_without(person, "username"),
            registration_groups=tuple(form.name for form in world.forms if person.mis_id in form.employees),
        )
        for person in world.employees
    )
    groups = [*world.forms, *(group for group in world.classes if group.pupils or group.employees)]
    classes = tuple(_by_name(group) for group in groups if group.kind == "teaching" or group.pupils or group.employees)
    return Roster(format="sims", as_at=world.as_at, pupils=pupils, employees=employees, classes=classes)


def _as_integris(world: _World) -> Roster:
    """Integris spreadsheets know pupils by admission number and staff by code."""
    numbers = {pupil.mis_id: pupil.admission_number or "" for pupil in world.pupils}
    codes = {person.mis_id: person.staff_code or "" for person in world.employees}
    pupils = tuple(replace(_without(pupil, "username"), mis_id=numbers[pupil.mis_id]) for pupil in world.pupils)
    employees = tuple(
        replace(_employee_without(person, "username date_of_birth sex"), mis_id=codes[person.mis_id])
        for person in world.employees
    )
    classes = tuple(
        replace(
            group,
            mis_id=group.name,
            room=None,
            pupils=tuple(numbers[mis_id] for mis_id in group.pupils),
            employees=tuple(codes[mis_id] for mis_id in group.employees),
        )
        for group in (*world.forms, *world.classes)
    )
    return Roster(format="integris", as_at=world.as_at, pupils=pupils, employees=employees, classes=classes)


def _as_oneroster(world: _World) -> Roster:
    """OneRoster knows everybody by a long id, current people only, and staff by OneRoster's own roles."""
    org = f"org-{world.school.laestab}"
    gone = "enrolment_status admission_date leaving_date free_school_meals pupil_premium sen eal address postcode house"
    pupils = tuple(
        replace(_without(pupil, gone), mis_id=_guid(world, pupil.mis_id), schools=(org,)) for pupil in _here(world)
    )
    employees = tuple(
        replace(
            _employee_without(person, "title date_of_birth sex start_date end_date"),
            mis_id=_guid(world, person.mis_id),
            role=_oneroster_role(person),
            teaching=_oneroster_role(person) == "teacher" or None,
            schools=(org,),
        )
        for person in _oneroster_staff(world)
    )
    listed = {person.mis_id for person in _oneroster_staff(world)}
    classes = tuple(
        replace(
            group,
            mis_id=_oneroster_class_id(world, group),
            school=org,
            pupils=tuple(_guid(world, mis_id) for mis_id in group.pupils),
            employees=tuple(_guid(world, mis_id) for mis_id in group.employees if mis_id in listed),
        )
        for group in (*world.forms, *world.classes)
    )
    school = School(mis_id=org, name=world.school.name, laestab=world.school.laestab)
    return Roster(
        format="oneroster-1.2", as_at=world.as_at, schools=(school,), pupils=pupils, employees=employees, classes=classes
    )


def _reported(world: _World) -> list[Pupil]:
    return [pupil for pupil in world.pupils if pupil.status != "future"]


def _without(pupil: Pupil, fields: str) -> Pupil:
    return replace(pupil, **dict.fromkeys(fields.split()))  # type: ignore[arg-type]


def _employee_without(person: Employee, fields: str) -> Employee:
    return replace(person, **dict.fromkeys(fields.split()))  # type: ignore[arg-type]


def _by_name(group: SchoolClass) -> SchoolClass:
    return replace(group, mis_id=group.name, subject=None, year_groups=(), room=None)


def _oneroster_staff(world: _World) -> list[Employee]:
    return [person for person in world.employees if person.status == "current" and _oneroster_role(person)]


def _oneroster_role(person: Employee) -> str | None:
    return _ONEROSTER_ROLES.get(person.role or "") or ("teacher" if person.teaching else None)


def _oneroster_class_id(world: _World, group: SchoolClass) -> str:
    return f"{world.school.laestab}-{'r' if group.kind == 'registration' else 'c'}{group.mis_id}"


def _guid(world: _World, mis_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{world.school.laestab}:{mis_id}"))


# The files


def _write_sims(folder: Path, world: _World) -> Path:
    export = folder / "sims"
    export.mkdir(exist_ok=True)
    _report(export / "pupils.xml", (_sims_pupil(pupil) for pupil in _reported(world)))
    by_id = {pupil.mis_id: pupil for pupil in world.pupils}
    taken: dict[str, list[str]] = {}
    for group in world.classes:
        for mis_id in group.pupils:
            taken.setdefault(mis_id, []).append(group.name)
    _report(
        export / "pupil_classes.xml",
        (
            {
                "primary_id": mis_id,
                "multiple_id": f"{mis_id},{place}",
                "Surname": by_id[mis_id].preferred_surname,
                "Forename": by_id[mis_id].legal_forename,
                "Class": name,
            }
            for mis_id, class_names in taken.items()
            for place, name in enumerate(class_names, start=1)
        ),
    )
    taught: dict[str, list[str]] = {}
    for group in world.classes:
        for mis_id in group.employees:
            taught.setdefault(mis_id, []).append(group.name)
    _report(
        export / "staff.xml",
        (
            _sims_employee(person, world, class_name)
            for person in world.employees
            for class_name in taught.get(person.mis_id, [None])  # type: ignore[list-item]
        ),
    )
    return export


def _report(path: Path, records: Iterable[dict[str, str | None]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('<?xml version="1.0" encoding="utf-8"?>\n<SuperStarReport>\n')
        for record in records:
            cells = "".join(
                f"<{name}>{escape(value)}</{name}>\n" for name, value in record.items() if value is not None
            )
            stream.write(f"<Record>\n{cells}</Record>\n")
        stream.write("</SuperStarReport>\n")


def _sims_day(day: date | None) -> str | None:
    return f"{day.isoformat()}T00:00:00" if day else None


def _sims_pupil(pupil: Pupil) -> dict[str, str | None]:
    year = pupil.year_group or ""
    status = {"C": "Single Registration", "M": "Main - Dual Registration"}[pupil.enrolment_status or "C"]
    return {
        "primary_id": pupil.mis_id,
        "Adno": pupil.admission_number,
        "UPN": pupil.upn,
        "ULN": pupil.uln,
        "Legal_x0020_Surname": pupil.legal_surname,
        "Surname": pupil.preferred_surname,
        "Forename": pupil.legal_forename,
        "Middle_x0020_name_x0028_s_x0029_": pupil.middle_names,
        "ChosenName": pupil.preferred_forename,
        "DOB": _sims_day(pupil.date_of_birth),
        "Gender": "Male" if pupil.sex == "M" else "Female",
        "Year": f"Year {year:>2}",
        "Reg": pupil.registration_group,
        "Enrolment_x0020_Status": status,
        "Date_x0020_of_x0020_Admission": _sims_day(pupil.admission_date),
        "Date_x0020_of_x0020_Leaving": _sims_day(pupil.leaving_date),
        "FSM_x0020_Eligible": "T" if pupil.free_school_meals else "F",
        "Pupil_x0020_Premium_x0020_Indicator": "T" if pupil.pupil_premium else "F",
        "SEN_x0020_Status": pupil.sen,
        "English_x0020_Additional_x0020_Language": "T" if pupil.eal else "F",
        "Postcode": pupil.postcode,
        "Primary_x0020_Email": pupil.email,
    }


def _sims_employee(person: Employee, world: _World, class_name: str | None) -> dict[str, str | None]:
    forms = ", ".join(form.name for form in world.forms if person.mis_id in form.employees)
    return {
        "primary_id": person.mis_id,
        "Title": person.title,
        "Legal_x0020_Surname": person.legal_surname,
        "Surname": person.preferred_surname,
        "Forename": person.legal_forename,
        "ChosenName": person.preferred_forename,
        "Staff_x0020_Code": person.staff_code,
        "Teacher_x0020_Number": person.teacher_number,
        "Primary_x0020_Email": person.email,
        "Gender": "Male" if person.sex == "M" else "Female",
        "DOB": _sims_day(person.date_of_birth),
        "Teaching_x0020_Staff": "True" if person.teaching else "False",
        "Role": person.role,
        "Employment_x0020_Start": _sims_day(person.start_date),
        "Employment_x0020_End": _sims_day(person.end_date),
        "Tutor_x0020_Group": forms or None,
        "Class": class_name,
    }


def _table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def _write_integris(folder: Path, world: _World) -> Path:
    export = folder / "integris"
    export.mkdir(exist_ok=True)
    taken: dict[str, list[str]] = {}
    for group in world.classes:
        for mis_id in group.pupils:
            taken.setdefault(mis_id, []).append(group.name)
    codes = {person.mis_id: person.staff_code or "" for person in world.employees}
    tables = {
        "pupils.csv": _table(
            "Admission Number|UPN|ULN|Legal Surname|Legal Forename|Middle Names|Surname|Forename|Date of Birth|Gender|"
            "Year Group|Registration Group|Enrolment Status|Date of Admission|Date of Leaving|On Roll|"
            "Free School Meals|Pupil Premium|SEN Provision|EAL|Address|Postcode|Email|Classes".split("|"),
            (_integris_pupil(pupil, taken.get(pupil.mis_id, [])) for pupil in world.pupils),
        ),
        "staff.csv": _table(
            "Staff Code|Title|Surname|Forename|Legal Surname|Legal Forename|DfE Number|Work Email|Role|"
            "Teaching Staff|Start Date|Leaving Date".split("|"),
            (_integris_employee(person) for person in world.employees),
        ),
        "classes.csv": _table(
            ("Class", "Type", "Subject", "Year Groups", "Teachers"),
            (
                (
                    group.name,
                    "Registration" if group.kind == "registration" else "Teaching",
                    group.subject,
                    ";".join(_integris_year(year) for year in group.year_groups),
                    ";".join(codes[mis_id] for mis_id in group.employees),
                )
                for group in (*world.forms, *world.classes)
            ),
        ),
    }
    for name, text in tables.items():
        (export / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    return export


def _integris_day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None


def _integris_year(year: str) -> str:
    return {"N1": "Nursery 1", "N2": "Nursery 2", "R": "Reception"}.get(year, f"Year {year}")


def _integris_pupil(pupil: Pupil, class_names: list[str]) -> tuple[str | None, ...]:
    return (
        pupil.admission_number,
        pupil.upn,
        pupil.uln,
        pupil.legal_surname,
        pupil.legal_forename,
        pupil.middle_names,
        f"{pupil.preferred_surname} " if pupil.mis_id.endswith("11") else pupil.preferred_surname,
        pupil.preferred_forename,
        _integris_day(pupil.date_of_birth),
        pupil.sex,
        _integris_year(pupil.year_group or ""),
        pupil.registration_group,
        pupil.enrolment_status,
        _integris_day(pupil.admission_date),
        _integris_day(pupil.leaving_date),
        "Y" if pupil.status == "on_roll" else "N",
        "Yes" if pupil.free_school_meals else "No",
        "Yes" if pupil.pupil_premium else "No",
        pupil.sen,
        "Yes" if pupil.eal else "No",
        pupil.address,
        pupil.postcode,
        pupil.email,
        ";".join(class_names),
    )


def _integris_employee(person: Employee) -> tuple[str | None, ...]:
    return (
        person.staff_code,
        person.title,
        person.preferred_surname,
        person.preferred_forename,
        person.legal_surname,
        person.legal_forename,
        person.teacher_number,
        person.email,
        person.role,
        "Yes" if person.teaching else "No",
        _integris_day(person.start_date),
        _integris_day(person.end_date),
    )


def _write_oneroster(folder: Path, world: _World) -> Path:
    export = folder / "oneroster-1.2.zip"
    with zipfile.ZipFile(export, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _oneroster_tables(world).items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv", (2025, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return export


def _oneroster_tables(world: _World) -> dict[str, str]:
    org = f"org-{world.school.laestab}"
    start = _academic_year(world.as_at)
    ends = str(start + 1)
    staff = _oneroster_staff(world)
    here = _here(world)
    groups = [*world.forms, *world.classes]
    listed = {person.mis_id for person in staff}
    common = ("", "")
    tables = {
        "academicSessions": _table(
            "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear".split(),
            [
                (f"ay{start}", *common, f"{start}/{ends}", "schoolYear", f"{start}-09-01", f"{ends}-07-21", "", ends),
                (f"ay{start}-a", *common, "Autumn", "term", f"{start}-09-01", f"{start}-12-19", f"ay{start}", ends),
            ],
        ),
        "orgs": _table(
            "sourcedId status dateLastModified name type identifier parentSourcedId".split(),
            [(org, *common, world.school.name, "school", world.school.laestab, "")],
        ),
        "courses": _table(
            "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects "
            "subjectCodes".split(),
            [
                (f"k-{code}", *common, f"ay{start}", subject, code, "", org, subject, code)
                for subject, code in _courses(groups).items()
            ],
        ),
        "classes": _table(
            "sourcedId status dateLastModified title grades courseSourcedId classCode classType location "
            "schoolSourcedId termSourcedIds subjects subjectCodes periods".split(),
            [
                (
                    _oneroster_class_id(world, group),
                    *common,
                    group.name,
                    ",".join(group.year_groups),
                    f"k-{_courses(groups)[group.subject or 'Registration']}",
                    group.name,
                    "homeroom" if group.kind == "registration" else "scheduled",
                    group.room,
                    org,
                    f"ay{start}-a",
                    "",
                    "",
                    "",
                )
                for group in groups
            ],
        ),
        "users": _table(
            "sourcedId status dateLastModified enabledUser username userIds givenName familyName middleName identifier "
            "email sms phone agentSourcedIds grades password userMasterIdentifier preferredGivenName "
            "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns".split(),
            [_oneroster_user(world, person) for person in (*here, *staff)],
        ),
        "roles": _table(
            "sourcedId status dateLastModified userSourcedId roleType role beginDate endDate orgSourcedId "
            "userProfileSourcedId".split(),
            [
                (
                    f"role-{_guid(world, person.mis_id)}",
                    *common,
                    _guid(world, person.mis_id),
                    "primary",
                    "student" if isinstance(person, Pupil) else _oneroster_role(person),
                    "",
                    "",
                    org,
                    "",
                )
                for person in (*here, *staff)
            ],
        ),
        "demographics": _table(
            "sourcedId status dateLastModified birthDate sex".split(),
            [
                (
                    _guid(world, pupil.mis_id),
                    *common,
                    pupil.date_of_birth.isoformat() if pupil.date_of_birth else "",
                    "male" if pupil.sex == "M" else "female",
                )
                for pupil in here
            ],
        ),
        "enrollments": _table(
            "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary beginDate "
            "endDate".split(),
            [
                (
                    f"{class_id}.{mis_id}",
                    *common,
                    class_id,
                    org,
                    _guid(world, mis_id),
                    role,
                    "true" if role == "teacher" else "false",
                    "",
                    "",
                )
                for group in groups
                for class_id in [_oneroster_class_id(world, group)]
                for role, people in (("student", group.pupils), ("teacher", group.employees))
                for mis_id in people
                if role == "student" or mis_id in listed
            ],
        ),
    }
    manifest = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    manifest += [(f"file.{name}", "bulk") for name in tables]
    manifest += [("source.systemName", "Demo MIS"), ("source.systemCode", world.school.laestab or "")]
    return {"manifest": _table(("propertyName", "value"), manifest), **tables}


def _courses(groups: Iterable[SchoolClass]) -> dict[str, str]:
    subjects = sorted({group.subject for group in groups if group.subject})
    return {"Registration": "reg", **{subject: f"s{place}" for place, subject in enumerate(subjects)}}


def _oneroster_user(world: _World, person: Pupil | Employee) -> tuple[str | None, ...]:
    if isinstance(person, Pupil):
        held = [("UPN", person.upn), ("ULN", person.uln)]
        identifier, years = person.admission_number, person.year_group
    else:
        held = [("TeacherNumber", person.teacher_number)]
        identifier, years = person.staff_code, ""
    is_known_otherwise = person.preferred_forename != person.legal_forename
    return (
        _guid(world, person.mis_id),
        "",
        "",
        "true",
        person.username,
        ",".join(f"{{{name}:{value}}}" for name, value in held if value),
        person.legal_forename,
        person.legal_surname,
        person.middle_names,
        identifier,
        person.email,
        "",
        "",
        "",
        years,
        "",
        "",
        person.preferred_forename if is_known_otherwise else "",
        "",
        person.preferred_surname if person.preferred_surname != person.legal_surname else "",
        f"org-{world.school.laestab}",
        "",
    )


# What the hub already knew


def _write_hub_roster(path: Path, world: _World, rng: random.Random) -> None:
    """About 60 % of the teachers and 85 % of the pupils, typed years ago, with people who have since gone."""
    rows = [*_known_employees(world, rng), *_known_pupils(world, rng)]
    path.write_text(_table(HUB_COLUMNS, rows), encoding="utf-8", newline="")


def _known_employees(world: _World, rng: random.Random) -> list[tuple[str | None, ...]]:
    rows = []
    for person in world.employees:
        if not person.teaching or person.status == "future" or rng.random() > 0.62:
            continue
        forename, surname, email = person.preferred_forename, person.preferred_surname, person.email
        flaw = rng.random()
        if flaw < 0.08:
            forename = _typo(rng, forename)
        elif flaw < 0.14:
            surname = rng.choice(names.SURNAMES)
        elif flaw < 0.24:
            email = None
        rows.append(_known_employee(person.title, forename, surname, email, person.role))
    for _ in range(max(2, len(world.employees) // 30)):
        forename, surname = rng.choice(names.WOMEN), rng.choice(names.SURNAMES)
        email = f"{_plain(forename)}.{_plain(surname)}.old@{world.domain}"
        rows.append(_known_employee("Mrs", forename, surname, email, "Teacher"))
    return rows


def _known_employee(
    title: str | None, forename: str | None, surname: str | None, email: str | None, role: str | None
) -> tuple[str | None, ...]:
    return ("employee", title, forename, surname, "", "", "", "", "", email, "", "", role)


def _known_pupils(world: _World, rng: random.Random) -> list[tuple[str | None, ...]]:
    rows = []
    renamed = {form.name: f"{form.name} (old)" for form in world.forms[::9]}
    for pupil in world.pupils:
        if pupil.status == "future" or rng.random() > 0.86:
            continue
        rows.append(_known_pupil(_flawed(pupil, rng), renamed))
    for number in range(max(3, len(world.pupils) // 40)):
        template = rng.choice(world.pupils)
        sex = template.sex or "F"
        forename = rng.choice(names.BOYS if sex == "M" else names.GIRLS)
        surname = rng.choice(names.SURNAMES)
        rest = f"9993990{(_academic_year(world.as_at) - 5) % 100:02d}{number % 1000:03d}"
        gone = replace(
            template,
            legal_forename=forename,
            preferred_forename=forename,
            legal_surname=surname,
            preferred_surname=surname,
            upn=upn_check_letter(rest) + rest,
            date_of_birth=_shifted(template.date_of_birth, rng),
            email=None,
        )
        rows.append(_known_pupil(gone, renamed))
    return rows


def _flawed(pupil: Pupil, rng: random.Random) -> Pupil:
    if pupil.legal_surname == "Novák":
        return replace(pupil, legal_surname="Novak", preferred_surname="Novak", upn=None)
    if rng.random() < 0.12:
        pupil = replace(pupil, upn=None)
    flaw = rng.random()
    if flaw < 0.03:
        return replace(pupil, preferred_surname=_typo(rng, pupil.preferred_surname))
    if flaw < 0.06:
        return replace(pupil, preferred_forename=_typo(rng, pupil.preferred_forename))
    if flaw < 0.09 and pupil.legal_forename in names.SHORT_NAMES:
        return replace(pupil, preferred_forename=names.SHORT_NAMES[pupil.legal_forename], legal_forename=None)
    if flaw < 0.12:
        return replace(pupil, date_of_birth=_mistyped(pupil.date_of_birth))
    return pupil


def _known_pupil(pupil: Pupil, renamed: dict[str, str]) -> tuple[str | None, ...]:
    group = pupil.registration_group
    return (
        "pupil",
        "",
        pupil.preferred_forename,
        pupil.preferred_surname,
        pupil.legal_forename,
        pupil.legal_surname,
        pupil.date_of_birth.isoformat() if pupil.date_of_birth else "",
        pupil.sex,
        pupil.upn,
        pupil.email,
        pupil.year_group,
        renamed.get(group, group) if group else "",
        "",
    )


def _typo(rng: random.Random, name: str | None) -> str | None:
    """Two neighbours exchanged, or one letter left out."""
    if not name or len(name) < 4:
        return name
    place = rng.randrange(1, len(name) - 2)
    if rng.random() < 0.5 and name[place] != name[place + 1]:
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return name[:place] + name[place + 1 :]


def _mistyped(day: date | None) -> date | None:
    """Day and month exchanged where that makes another day, or else the day before."""
    if day is None:
        return None
    if day.day <= 12 and day.day != day.month:
        return date(day.year, day.day, day.month)
    return day - timedelta(days=1)


def _shifted(day: date | None, rng: random.Random) -> date | None:
    return day - timedelta(days=rng.randint(200, 900)) if day else None
