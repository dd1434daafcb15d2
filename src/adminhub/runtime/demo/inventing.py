"""Invented schools: pupils, staff, forms and classes with the hard cases real schools have.

The same seed gives the same school. Nobody here exists: LA code 999, and postcodes that were never issued.
"""

import random
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from adminhub.mis.identifiers import upn_check_letter
from adminhub.mis.roster import Employee, Pupil, School, SchoolClass
from adminhub.runtime.demo import names

Kind = Literal["secondary", "primary"]

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
_TREES = (
    "Acorn",
    "Ash",
    "Birch",
    "Cedar",
    "Hazel",
    "Holly",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Willow",
    "Yew",
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEmployee:
    """Somebody who must work at the school, such as a demo log-in."""

    title: str
    forename: str
    surname: str
    email: str
    role: str = "Teacher"


@dataclass(slots=True)
class InventedSchool:
    """The school as it is, before a format leaves anything out. Classes name people by the world's own mis_id."""

    school: School
    as_at: date
    domain: str
    pupils: list[Pupil] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    forms: list[SchoolClass] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)


def invent(
    rng: random.Random,
    school: School,
    kind: Kind,
    size: int,
    *,
    staff: int | None,
    as_at: date,
    domain: str,
    named: Sequence[NamedEmployee],
) -> InventedSchool:
    world = InventedSchool(school=school, as_at=as_at, domain=domain)
    sizes = _year_sizes(kind, size)
    _add_forms(world, kind, sizes)
    add_pupils(world, rng, kind, sizes)
    _add_hard_cases(world, rng)
    _add_staff(world, rng, kind, staff or max(14, round(size * 0.09)), named)
    add_classes(world, rng, kind)
    return world


def add_classes(world: InventedSchool, rng: random.Random, kind: Kind) -> None:
    """Invent the subject classes of the pupils who are here, and give them and the forms their teachers."""
    if kind == "secondary":
        _add_secondary_classes(world, rng)
    else:
        _add_primary_classes(world, rng)
    _give_teachers(world, rng)


def academic_year(as_at: date) -> int:
    """The year in which the school year of this day began. It begins when the pupils come, on 4 September."""
    return as_at.year if (as_at.month, as_at.day) >= (9, 4) else as_at.year - 1


def _number(year: str) -> int:
    return {"N1": -2, "N2": -1, "R": 0}[year] if year in ("N1", "N2", "R") else int(year)


def _year_sizes(kind: Kind, size: int) -> dict[str, int]:
    shares = (
        _SECONDARY_SHARES
        if kind == "secondary"
        else {year: 12 if year != "N2" else 8 for year in _PRIMARY_YEARS}
    )
    if kind == "secondary" and size < 200:
        shares = {year: share for year, share in shares.items() if int(year) <= 11}
    total = sum(shares.values())
    sizes = {year: max(1, size * share // total) for year, share in shares.items()}
    first = next(iter(sizes))
    sizes[first] += size - sum(sizes.values())
    return sizes


def _add_forms(world: InventedSchool, kind: Kind, sizes: dict[str, int]) -> None:
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


def form_letters(name: str) -> str:
    """The letters of a form, without its year."""
    return name.lstrip("0123456789")


def add_pupils(
    world: InventedSchool, rng: random.Random, kind: Kind, sizes: dict[str, int], *, born_later: int = 0
) -> None:
    """Invent so many pupils of each year group, `born_later` years younger than they would be today."""
    year_start = academic_year(world.as_at) + born_later
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
                postcode = _postcode(rng)
                address = f"{rng.randint(1, 160)} {rng.choice(names.STREETS)}, Eastmoor, {postcode}"
                families.append((surname, address, postcode))
            forename = rng.choice(names.BOYS if sex == "M" else names.GIRLS)
            number = len(world.pupils)
            intake = year_start - _number(year)
            upn = _upn(rng, own if kind == "primary" else rng.choice(feeders), intake, serials)
            joined = (
                date(year_start - max(0, _number(year) - 7), 9, 3)
                if kind == "secondary"
                else date(year_start - max(0, _number(year)), 9, 4)
            )
            world.pupils.append(
                Pupil(
                    mis_id=str(20_000 + number * 3),
                    upn=upn,
                    admission_number=f"{3000 + number:06d}",
                    uln=_uln(rng) if _number(year) >= 9 else None,
                    legal_forename=forename,
                    legal_surname=surname,
                    preferred_forename=names.SHORT_NAMES.get(forename, forename)
                    if rng.random() < 0.3
                    else forename,
                    preferred_surname=surname,
                    middle_names=rng.choice(names.BOYS if sex == "M" else names.GIRLS)
                    if rng.random() < 0.4
                    else None,
                    date_of_birth=_birthday(rng, year_start, year),
                    sex=sex,
                    year_group=year,
                    registration_group=forms[place % len(forms)].name,
                    enrolment_status="C",
                    admission_date=joined,
                    email=_pupil_email(forename, surname, number, world.domain)
                    if kind == "secondary"
                    else None,
                    username=_username(forename, surname, number),
                    free_school_meals=rng.random() < 0.2,
                    pupil_premium=rng.random() < 0.25,
                    sen=rng.choices(("N", "K", "E"), (84, 12, 4))[0],
                    eal=rng.random() < 0.2,
                    address=address,
                    postcode=postcode,
                )
            )


def _postcode(rng: random.Random) -> str:
    """A postcode of an area that does not exist."""
    letters = rng.choice("ABDEFGHJLN") + rng.choice("PQRSTUWXYZ")
    return f"EK{rng.randint(1, 19)} {rng.randint(1, 9)}{letters}"


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


def plain(text: str) -> str:
    """The letters an e-mail address may have."""
    apart = unicodedata.normalize("NFD", text.replace("ł", "l").replace("ı", "i"))
    return "".join(letter for letter in apart if letter.isascii() and letter.isalnum()).lower()


def _pupil_email(forename: str, surname: str, number: int, domain: str) -> str | None:
    return None if number % 40 == 7 else f"{_username(forename, surname, number)}@pupils.{domain}"


def _username(forename: str, surname: str, number: int) -> str:
    return f"{plain(forename)[:1]}{plain(surname)[:9]}{number:04d}"


def _add_hard_cases(world: InventedSchool, rng: random.Random) -> None:
    """Twins, same names, temporary and missing UPNs, a leaver still listed, one who starts later, nobody's form."""
    pupils = world.pupils
    size = len(pupils)

    def change(place: int, **fields: object) -> None:
        pupils[place % size] = replace(pupils[place % size], **fields)  # type: ignore[arg-type]

    _make_twins(pupils, 3, ("Kit", "Kim"), "Ray")
    _make_twins(pupils, size // 2, ("Amira", "Layla"), "Hassan")
    change(
        size // 3,
        legal_forename="Jo",
        preferred_forename="Jo",
        legal_surname="Novák",
        preferred_surname="Novák",
    )
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
        left = world.as_at - timedelta(days=12 + place % 9)
        joined = left - timedelta(days=400)
        change(place, status="left", admission_date=joined, leaving_date=left, registration_group=None)
    change(
        size - 1,
        status="future",
        admission_date=world.as_at + timedelta(days=35),
        registration_group=None,
        upn=None,
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


def _add_staff(
    world: InventedSchool, rng: random.Random, kind: Kind, count: int, named: Sequence[NamedEmployee]
) -> None:
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
                username=plain(forename)[:1] + plain(surname) + str(number),
                teacher_number=f"{rng.randint(100_000, 9_999_999):07d}"
                if teaches and rng.random() < 0.95
                else None,
                staff_code=_code(forename, surname, codes),
                teaching=teaches,
                role=role,
                start_date=date(academic_year(world.as_at) - rng.randint(0, 14), 9, 3),
            )
        )
    last = world.employees[-1]
    world.employees[-1] = replace(last, status="future", start_date=world.as_at + timedelta(days=40))
    world.employees[-2] = replace(
        world.employees[-2],
        status="left",
        start_date=date(academic_year(world.as_at) - 6, 9, 3),
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
    stem, number = f"{plain(forename)[:1]}.{plain(surname)}", 1
    address = f"{stem}@{domain}"
    while address in taken:
        number += 1
        address = f"{stem}{number}@{domain}"
    taken.add(address)
    return address


def _code(forename: str, surname: str, taken: set[str]) -> str:
    letters = (plain(forename)[:1] + plain(surname)).upper().ljust(3, "X")
    for second in letters[1:] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for third in letters[2:] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            code = letters[0] + second + third
            if code not in taken:
                taken.add(code)
                return code
    code = f"{letters[:2]}{len(taken)}"
    taken.add(code)
    return code


def here(world: InventedSchool) -> list[Pupil]:
    return [pupil for pupil in world.pupils if pupil.status == "on_roll"]


def _class(
    world: InventedSchool, name: str, subject: str, years: tuple[str, ...], people: Iterable[Pupil]
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


def _add_secondary_classes(world: InventedSchool, rng: random.Random) -> None:
    """Form-taught subjects up to Year 9, sets in English, mathematics and science, options above: ten or so each."""
    by_year: dict[str, list[Pupil]] = {}
    by_form: dict[str, list[Pupil]] = {}
    for pupil in here(world):
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
                        _class(
                            world, f"{form.name}/{code}", _SUBJECTS[code], (year,), by_form.get(form.name, ())
                        )
        else:
            for form in world.forms:
                if form.year_groups == (year,):
                    _class(world, f"{form.name}/Pe", _SUBJECTS["Pe"], (year,), by_form.get(form.name, ()))
            options = tuple(code for code in others if code != "Pe")
            _add_options(world, rng, year, people, options, choices=6)
    _class(world, "Su/Boost1", "Mathematics", ("11",), ())


def _add_options(
    world: InventedSchool,
    rng: random.Random,
    year: str,
    people: list[Pupil],
    codes: Sequence[str],
    *,
    choices: int,
) -> None:
    chosen: dict[str, list[Pupil]] = {}
    for pupil in people:
        for code in rng.sample(codes, choices):
            chosen.setdefault(code, []).append(pupil)
    for code, group in sorted(chosen.items()):
        count = max(1, round(len(group) / 22))
        for place in range(count):
            _class(
                world,
                f"{year}{_letters(place)}/{code}{place + 1}",
                _SUBJECTS[code],
                (year,),
                group[place::count],
            )


def _add_primary_classes(world: InventedSchool, rng: random.Random) -> None:
    on_roll = here(world)
    young = [pupil for pupil in on_roll if pupil.year_group in ("R", "1")]
    for place in range(4):
        _class(world, f"Phonics {place + 1}", "Phonics", ("R", "1"), young[place::4])
    for year in ("5", "6"):
        people = [pupil for pupil in on_roll if pupil.year_group == year]
        for place in range(2):
            _class(world, f"Y{year} Maths {place + 1}", "Mathematics", (year,), people[place::2])
    older = [pupil for pupil in on_roll if pupil.year_group in ("3", "4", "5", "6")]
    _class(world, "Choir", "Music", ("3", "4", "5", "6"), rng.sample(older, len(older) // 5))
    _class(world, "Violin (Tues)", "Music", ("4", "5", "6"), rng.sample(older, min(6, len(older))))
    _class(world, "Speech & Language", "Intervention", ("R", "1", "2"), rng.sample(young, min(5, len(young))))
    _class(world, "Y6 Boosters", "Mathematics", ("6",), ())


def _give_teachers(world: InventedSchool, rng: random.Random) -> None:
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
    world.classes[0] = replace(
        first, employees=(*first.employees, busy[1 % len(busy)]) if len(busy) > 1 else first.employees
    )
    members: dict[str, list[str]] = {}
    for pupil in world.pupils:
        if pupil.registration_group and pupil.status == "on_roll":
            members.setdefault(pupil.registration_group, []).append(pupil.mis_id)
    tutors = rng.sample(busy, len(busy))
    world.forms = [
        replace(form, pupils=tuple(members.get(form.name, ())), employees=(tutors[place % len(tutors)],))
        for place, form in enumerate(world.forms)
    ]
