"""What the hub already knew of an invented school: typed years ago, incomplete, and with people who have gone."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from adminhub.mis.identifiers import upn_check_letter
from adminhub.mis.roster import Pupil
from adminhub.runtime.demo import names
from adminhub.runtime.demo.inventing import InventedSchool, academic_year, plain
from adminhub.runtime.demo.tables import table

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


def write_hub_roster(path: Path, world: InventedSchool, rng: random.Random) -> None:
    """About 60 % of the teachers and 85 % of the pupils, typed years ago, with people who have since gone."""
    rows = [*_known_employees(world, rng), *_known_pupils(world, rng)]
    path.write_text(table(HUB_COLUMNS, rows), encoding="utf-8", newline="")


def _known_employees(world: InventedSchool, rng: random.Random) -> list[tuple[str | None, ...]]:
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
        email = f"{plain(forename)}.{plain(surname)}.old@{world.domain}"
        rows.append(_known_employee("Mrs", forename, surname, email, "Teacher"))
    return rows


def _known_employee(
    title: str | None, forename: str | None, surname: str | None, email: str | None, role: str | None
) -> tuple[str | None, ...]:
    return ("employee", title, forename, surname, "", "", "", "", "", email, "", "", role)


def _known_pupils(world: InventedSchool, rng: random.Random) -> list[tuple[str | None, ...]]:
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
        rest = f"9993990{(academic_year(world.as_at) - 5) % 100:02d}{number % 1000:03d}"
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
    if flaw < 0.06:
        # Typed from a handwritten list: nothing but the names in use and the birthday.
        pupil = replace(pupil, legal_forename=None, legal_surname=None, email=None)
        pupil = replace(pupil, upn=None) if flaw < 0.04 else pupil
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
