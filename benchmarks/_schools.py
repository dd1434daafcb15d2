"""Invented schools for measuring matching: a hub's people and an MIS's, and who really is who. Seeded.

What schools have, it has: twins (alike, of one first name, one in each file), siblings, namesakes in one year
and of one birthday, preferred and legal names, double-barrelled names, accents lost, slips, swapped columns,
initials, changed surnames, missing birthdays and UPNs, a twin's UPN, last year's year groups, second accounts,
joiners, leavers, joiners with a leaver's name, and staff addresses given out again, at the rates of PROFILES.
"""

from __future__ import annotations

import gzip
import json
import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from adminhub.hub.matching.short_forms import FAMILIES
from adminhub.mis.identifiers import upn_check_letter
from adminhub.runtime.demo import names as demo

TODAY_YEAR = 2025
"""The school year that began in September of this year is the MIS's."""
REALISTIC = {
    "twin": 0.016, "twin_similar": 0.3, "twin_same_first": 0.01, "twin_split": 0.01, "namesake": 0.004,
    "namesake_dob": 0.0001, "leaver_namesake": 0.002, "hub_dup": 0.02, "mis_dup": 0.0015, "preferred": 0.07,
    "middle_as_first": 0.012, "fore_typo": 0.018, "fore_variant": 0.018, "fore_extra": 0.03, "fore_initial": 0.003,
    "sur_typo": 0.014, "sur_change": 0.018, "dbl_drop": 0.22, "dbl_style": 0.2, "sur_style": 0.35,
    "diacritic_strip": 0.6, "swap": 0.006, "onefield": 0.002, "upper": 0.04, "space": 0.02, "dob_swap": 0.006,
    "dob_typo": 0.008, "dob_default": 0.004, "dob_year": 0.003, "upn_typo": 0.005, "upn_temp": 0.012,
    "upn_sibling": 0.0005, "upn_twin_swap": 0.01, "gender_missing": 0.15, "gender_wrong": 0.003, "email": 0.3,
    "email_family": 0.1, "email_other": 0.05, "pc": 0.2, "mis_dob_missing": 0.002, "mis_dob_typo": 0.002,
    "mis_upn_missing": 0.02, "mis_fore_typo": 0.002, "mis_sur_typo": 0.002, "year_stale": 0.5, "never_hub": 0.15,
}  # fmt: skip
HARD = {
    **REALISTIC, "twin": 0.05, "twin_similar": 0.5, "twin_same_first": 0.05, "twin_split": 0.1, "namesake": 0.02,
    "namesake_dob": 0.002, "leaver_namesake": 0.02, "hub_dup": 0.05, "mis_dup": 0.005, "preferred": 0.12,
    "middle_as_first": 0.03, "fore_typo": 0.05, "fore_variant": 0.05, "sur_typo": 0.04, "sur_change": 0.05,
    "swap": 0.02, "dob_swap": 0.02, "dob_typo": 0.02, "dob_default": 0.02, "dob_year": 0.01, "upn_typo": 0.02,
    "upn_temp": 0.03, "upn_sibling": 0.005, "upn_twin_swap": 0.1, "email_family": 0.25,
}  # fmt: skip
PROFILES = {"realistic": REALISTIC, "hard": HARD}
QUALITIES = {
    "good": (0.03, 0.10),
    "typical": (0.12, 0.40),
    "poor": (0.40, 0.75),
    "no birthday": (1.0, 0.40),
    "no UPN": (0.05, 1.0),
}
"""How much of the hub lacks a birthday, and a UPN."""
MIXED = ("good", "typical", "good", "typical", "no UPN", "typical", "poor", "good", "typical", "no birthday")
HUB_COLUMNS = (
    "hub_id", "role", "title", "forename", "middle_names", "surname", "dob", "gender", "upn", "email", "year_group",
    "reg_group", "postcode", "created",
)  # fmt: skip
MIS_COLUMNS = (
    "mis_id", "role", "title", "forename", "preferred_forename", "middle_names", "surname", "legal_surname", "dob",
    "gender", "upn", "former_upn", "email", "year_group", "reg_group", "postcode", "start_date",
)  # fmt: skip
Row = dict[str, str]


class Drawn:
    """Words drawn by how common they are."""

    def __init__(self, weighted: list[tuple[str, float]]) -> None:
        self.words = [word for word, _ in weighted]
        self._sums = list(accumulate(weight for _, weight in weighted))

    def __call__(self, rng: random.Random) -> str:
        return self.words[bisect(self._sums, rng.random() * self._sums[-1])]


@dataclass
class Community:
    """People who give their children names from one stock."""

    share: float
    boys: Drawn
    girls: Drawn
    surnames: Drawn


def _zipf(words: tuple[str, ...] | list[str], steepness: float = 0.9) -> Drawn:
    return Drawn([(word, 1 / (place + 2) ** steepness) for place, word in enumerate(words)])


_STOCKS = """
0.11
Muhammad Mohammed Ali Yusuf Ibrahim Hamza Adam Hassan Ahmed Omar Abdullah Bilal Zain Haris Musa
Fatima Aisha Maryam Zainab Khadija Zara Hafsa Amina Ayesha Sara Maria Inaya Safa Noor Iqra
Khan Ahmed Hussain Ali Begum Mahmood Akhtar Malik Iqbal Miah Uddin Bibi Shah Javed Dar Rehman
0.07
Arjun Rohan Dev Aarav Krish Jay Neel Kiran Veer Dhruv Aryan Ravi Karan Rishi
Anaya Priya Diya Meera Riya Simran Jasleen Navya Aarna Kavya Harleen Anjali
Singh Patel Kaur Shah Sharma Rai Gill Sidhu Chauhan Dhillon Desai Varghese Johal
0.06
Emmanuel David Kofi Kwame Tunde Ayomide Chidera Ikenna Ebuka Temitope Samuel
Adaeze Chiamaka Ama Esther Folake Ngozi Temitope Precious Blessing Grace
Mensah Owusu Asante Okafor Adeyemi Eze Balogun Osei Amoah Boateng Addo Okonkwo
0.06
Jakub Szymon Oskar Filip Aleksander Kacper Mateusz Adam Stefan Andrei Ștefan
Zuzanna Maja Oliwia Hanna Julia Lena Zofia Aleksandra Ioana Mădălina
Nowak Kowalski Wiśniewski Wójcik Kamiński Mazur Wróbel Popescu Stănescu Popa Krawczyk Jabłoński
"""
_STEMS = """
Ash Bar Brad Brom Brook Burn Car Cham Clay Colt Dal Den Dun Elm Fair Farn Glen Hal Har Hart Haw Hol Hort Kel Kirk Lang
Led Lin Lyn Mar Mel Mil Mor Nor Oak Pem Pres Rad Ram Red Rush Sel Shel Stan Stock Sut Thorn Wal Ward Wat Wes Wil Win
"""
_ENDS = (
    "bridge brook bury by combe don field ford ham hurst ley low man more ridge ston ton well wick wood worth"
)


def communities(frequencies: Path | None = None) -> list[Community]:
    """The stocks of names: invented ones, or with the frequencies of a file (fore_M, fore_F, surnames)."""
    boys, girls = _zipf(demo.BOYS, 0.8), _zipf(demo.GIRLS, 0.8)
    made_up = [f"{stem}{end}" for stem in _STEMS.split() for end in _ENDS.split()]
    surnames = _zipf([*demo.SURNAMES, *made_up], 0.8)
    if frequencies is not None:
        data = json.loads(gzip.decompress(frequencies.read_bytes()))
        boys = Drawn([(name, float(count)) for name, count in data["fore_M"]])
        girls = Drawn([(name, float(count)) for name, count in data["fore_F"]])
        surnames = Drawn([(name.title(), float(count)) for name, count in data["surnames"]])
    lines = _STOCKS.strip().splitlines()
    others = [
        Community(float(share), _zipf(first.split()), _zipf(second.split()), _zipf(last.split(), 0.6))
        for share, first, second, last in zip(lines[::4], lines[1::4], lines[2::4], lines[3::4], strict=True)
    ]
    return [Community(0.70, boys, girls, surnames), *others]


@dataclass
class Person:
    """Somebody, as they are."""

    key: int
    role: str
    sex: str
    forename: str
    surname: str
    middles: list[str]
    born: date | None
    year: int
    group: str
    upn: str
    email: str
    postcode: str
    started: date | None
    preferred: str = ""
    former_surname: str = ""
    title: str = ""
    twin: int = -1
    siblings: list[int] = field(default_factory=list)
    kind: str = "link"


@dataclass
class Made:
    """A school as two files and the truth."""

    hub: list[Row]
    mis: list[Row]
    truth: list[tuple[str, str, int, str]]
    """hub_id, mis_id, person, link | hub_only | mis_only"""
    relations: list[tuple[int, int, str]]


class Maker:
    """Makes one school from a seed."""

    def __init__(
        self,
        *,
        pupils: int,
        seed: int,
        profile: str = "realistic",
        quality: str = "typical",
        names: list[Community],
    ) -> None:
        self._rng = random.Random(f"{seed} {pupils} {profile} {quality}")
        self._rate = PROFILES[profile]
        self._birthday_missing, self._upn_missing = QUALITIES[quality]
        self._pupils, self._names = pupils, names
        self._people: list[Person] = []
        self._serial: dict[int, int] = {}
        self._emails: dict[str, int] = {}
        self._used = self._rng.randint(100, 999), self._rng.randint(1000, 9999)
        self._relations: list[tuple[int, int, str]] = []
        self._groups = max(2, min(8, pupils // 7 // 26))
        self._is_stale = self._rng.random() < self._rate["year_stale"]
        self._domain = f"school{seed % 97}.sch.uk"
        self._primary = self._rng.random() < 0.35
        self._years = list(range(1, 8)) if self._primary else list(range(7, 14))

    def make(self) -> Made:
        """The school."""
        rng = self._rng
        while len(self._people) < self._pupils * 1.2:  # so far all are pupils
            self._family()
        for _ in range(round(self._pupils / 14 * 1.2)):
            self._employee()
        self._kinds()
        self._namesakes()
        hub, mis, truth = [], [], []
        for one in self._people:
            rows = [] if one.kind == "mis_only" else [self._hub_row(one)]
            if rows and rng.random() < self._rate["hub_dup"]:
                rows.append(self._hub_row(one, again=True))
            theirs = [] if one.kind == "hub_only" else [self._mis_row(one)]
            if theirs and rng.random() < self._rate["mis_dup"]:
                theirs.append({**self._mis_row(one), "mis_id": f"M{one.key:07d}b", "upn": "", "email": ""})
            hub += rows
            mis += theirs
            truth += [
                (row["hub_id"] if row else "", other["mis_id"] if other else "", one.key, one.kind)
                for row in rows or [None]
                for other in theirs or [None]
            ]
        rng.shuffle(hub)
        rng.shuffle(mis)
        return Made(hub=hub, mis=mis, truth=truth, relations=self._relations)

    # People

    def _community(self) -> Community:
        pick = self._rng.random()
        for community in self._names:
            pick -= community.share
            if pick < 0:
                return community
        return self._names[0]

    def _family(self) -> None:
        rng, rate = self._rng, self._rate
        community = self._community()
        surname = self._family_name(community)
        area, unit = (
            rng.choice(("M", "B", "LS", "NG", "SW", "PO", "CF", "DE")),
            rng.choices("ABDEFGHJLNPQRSTUWXYZ", k=2),
        )
        postcode = f"{area}{rng.randint(1, 29)} {rng.randint(1, 9)}{''.join(unit)}"
        made: list[Person] = []
        births = rng.choices((1, 2, 3), (0.62, 0.3, 0.08))[0]
        if rng.random() < rate["twin"]:
            first = self._pupil(community, surname, postcode)
            made += [first, self._twin_of(first, community)]
            births -= 2
        for _ in range(max(births, 0)):
            made.append(self._pupil(community, surname, postcode, named=[one.forename for one in made]))
        if len(made) > 1 and rng.random() < 0.08:  # Singh and Kaur, and patchwork families
            made[-1].surname = self._family_name(community) if made[-1].twin < 0 else made[-1].surname
        for one in made:
            for other in made:
                if one.key < other.key:
                    one.siblings.append(other.key)
                    other.siblings.append(one.key)
                    if one.twin != other.key:
                        self._relations.append((one.key, other.key, "sibling"))

    def _family_name(self, community: Community) -> str:
        rng = self._rng
        name = community.surnames(rng)
        if rng.random() < 0.06:
            name = f"{name}-{community.surnames(rng)}"
        return name

    def _pupil(self, community: Community, surname: str, postcode: str, named: Sequence[str] = ()) -> Person:
        rng = self._rng
        year = rng.choice(self._years)
        born = date(TODAY_YEAR - year - 5, 9, 1) + timedelta(days=rng.randrange(365))
        sex = rng.choice("FM")
        stock = community.girls if sex == "F" else community.boys
        group = "ABCDEFGH"[rng.randrange(self._groups)]
        forename = stock(rng)
        while forename in named:  # no parents call two children alike, but for some twins
            forename = stock(rng)
        one = self._add(
            role="pupil", sex=sex, forename=forename, surname=surname, born=born, year=year, group=group,
            middles=[stock(rng) for _ in range(rng.choices((0, 1, 2), (0.44, 0.5, 0.06))[0])], postcode=postcode,
            started=self._start(year), upn=self._upn(year),
        )  # fmt: skip
        if rng.random() < self._rate["preferred"]:
            one.preferred = self._short(one.forename) or one.preferred
        if rng.random() < self._rate["middle_as_first"] and one.middles:
            one.preferred = one.middles[0]
        return one

    def _twin_of(self, first: Person, community: Community) -> Person:
        rng, rate = self._rng, self._rate
        similar, same = rng.random() < rate["twin_similar"], rng.random() < rate["twin_same_first"]
        sex = first.sex if similar or same else rng.choice("FM")
        stock = community.girls if sex == "F" else community.boys
        forename = stock(rng)
        if similar:
            forename = self._alike(first.forename, stock) or forename
        while forename == first.forename:
            forename = stock(rng)
        if same:
            forename = first.forename
        group = first.group if rng.random() < 0.3 else "ABCDEFGH"[rng.randrange(self._groups)]
        other = self._add(
            role="pupil", sex=sex, forename=forename, surname=first.surname, born=first.born, year=first.year,
            group=group, middles=[stock(rng) for _ in range(rng.choices((0, 1), (0.44, 0.56))[0])],
            postcode=first.postcode, started=first.started, upn=self._upn(first.year),
        )  # fmt: skip
        first.twin, other.twin = other.key, first.key
        self._relations.append((first.key, other.key, "twin_same_first" if same else "twin"))
        return other

    def _employee(self) -> None:
        rng = self._rng
        community = self._community()
        sex = rng.choices("FM", (0.72, 0.28))[0]
        stock = community.girls if sex == "F" else community.boys
        forename, surname = stock(rng), self._family_name(community)
        one = self._add(
            role="staff", sex=sex, forename=forename, surname=surname, born=None, year=0, group="", postcode="",
            middles=[stock(rng)] if rng.random() < 0.4 else [],
            started=date(rng.randint(2004, 2024), rng.choice((9, 9, 9, 1, 4)), 1), upn="",
        )  # fmt: skip
        one.title = "Mr" if sex == "M" else rng.choice(("Mrs", "Ms", "Miss"))
        if rng.random() < 0.04:
            one.former_surname = community.surnames(rng)

    def _add(self, **fields: Any) -> Person:
        one = Person(key=len(self._people), email="", **fields)
        one.email = self._email(one)
        self._people.append(one)
        return one

    def _email(self, one: Person) -> str:
        plain = "".join(letter for letter in one.surname.lower() if letter.isascii() and letter.isalpha())
        initial = one.forename[0].lower() if one.forename else "x"
        base = (
            f"{initial}.{plain}"
            if one.role == "staff"
            else f"{one.started.year % 100 if one.started else 0:02d}{plain}{initial}"
        )
        self._emails[base] = self._emails.get(base, 0) + 1
        many = self._emails[base]
        return f"{base}{many if many > 1 else ''}@{self._domain}"

    def _upn(self, year: int) -> str:
        entry = (TODAY_YEAR - year + (0 if self._primary else 6)) % 100
        serial = self._serial[entry] = self._serial.get(entry, 0) + 1
        school = (
            self._used[1] + (0 if self._primary else self._rng.choice((0, 0, 1, 2, 3))) + 7 * (serial // 1000)
        )
        rest = f"{self._used[0]}{school % 10000:04d}{entry:02d}{serial % 1000:03d}"
        return upn_check_letter(rest) + rest

    def _start(self, year: int) -> date:
        rng = self._rng
        entry = TODAY_YEAR - (year - self._years[0])
        if rng.random() < 0.85:
            return date(entry, 9, rng.randint(1, 8))
        return date(entry, 9, 1) + timedelta(days=rng.randrange(max(1, (TODAY_YEAR - entry) * 365 + 30)))

    def _kinds(self) -> None:
        """Who is a leaver (only in the hub) and who a joiner, or never was in the hub (only in the MIS)."""
        rng, rate = self._rng, self._rate
        for one in self._people:
            if one.role == "staff":
                one.kind = rng.choices(("link", "hub_only", "mis_only"), (0.76, 0.12, 0.12))[0]
                if one.kind == "mis_only" and rng.random() > rate["never_hub"]:
                    one.started = date(TODAY_YEAR, 9, 1)
                continue
            last, newest = one.year == self._years[-1], one.year == self._years[0]
            leaves = 0.6 if last else 0.055
            joins = 0.55 if newest else 0.055
            draw = rng.random()
            one.kind = "hub_only" if draw < leaves else "mis_only" if draw < leaves + joins else "link"
            if one.kind == "mis_only" and rng.random() > rate["never_hub"]:
                one.started = date(TODAY_YEAR - 1, 9, 1) + timedelta(days=rng.randrange(380))
                if newest:
                    one.started = date(TODAY_YEAR, 9, rng.randint(1, 8))
        for one in self._people:
            if one.twin > one.key and rng.random() < rate["twin_split"]:
                other = self._people[one.twin]
                one.kind, other.kind = "hub_only", "mis_only"
                other.started = date(TODAY_YEAR, 9, rng.randint(1, 8))

    def _namesakes(self) -> None:
        rng, rate = self._rng, self._rate
        pupils = [one for one in self._people if one.role == "pupil"]
        by_year: dict[int, list[Person]] = {}
        for one in pupils:
            by_year.setdefault(one.year, []).append(one)
        for one in pupils:
            draw = rng.random()
            if draw < rate["namesake"] + rate["namesake_dob"]:
                other = rng.choice(by_year[one.year])
                if other.twin >= 0 or other is one or other.key in one.siblings:
                    continue
                other.forename, other.surname, other.sex = one.forename, one.surname, one.sex
                relation = "namesake"
                if draw < rate["namesake_dob"]:
                    other.born, relation = one.born, "namesake_dob"
                other.email = self._email(other)
                self._relations.append((one.key, other.key, relation))
        leavers = [one for one in pupils if one.kind == "hub_only" and one.twin < 0]
        joiners = [one for one in pupils if one.kind == "mis_only" and one.twin < 0]
        for one in joiners:
            if leavers and rng.random() < rate["leaver_namesake"] * 5:
                other = rng.choice(leavers)
                one.forename, one.surname, one.sex = other.forename, other.surname, other.sex
                if rng.random() < 0.25:
                    one.year = other.year
                one.email = self._email(one)
                self._relations.append((one.key, other.key, "namesake"))
        staff = [one for one in self._people if one.role == "staff"]
        old = [one for one in staff if one.kind == "hub_only"]
        for one in staff:
            if one.kind == "mis_only" and old and rng.random() < rate["leaver_namesake"] * 5:
                other = rng.choice(old)
                # The next J Smith gets the address of the last; now and then she is even another Jane.
                one.surname = other.surname
                one.forename = other.forename if rng.random() < 0.3 else one.forename
                one.email = other.email
                one.started = date(TODAY_YEAR, 9, 1)
                self._relations.append((one.key, other.key, "namesake"))

    # Names as people write them

    def _short(self, forename: str) -> str:
        name = forename.lower()
        for family in FAMILIES.get(name, ())[:1]:
            others = [word for word in _BY_FAMILY[family] if word != name]
            if others:
                return self._rng.choice(others).title()
        return ""

    def _alike(self, forename: str, stock: Drawn) -> str:
        if self._rng.random() < 0.5 and (short := self._short(forename)):
            return short
        for _ in range(60):
            other = stock(self._rng)
            if other != forename and other[:2] == forename[:2]:
                return other
        return ""

    def _slip(self, word: str) -> str:
        rng = self._rng
        if len(word) < 3:
            return word
        at, kind = rng.randrange(len(word) - 1), rng.randrange(4)
        letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 2:
            return word[: at + 1] + letter + word[at + 2 :]
        return word[: at + 1] + word[at] + word[at + 1 :]

    def _chance(self, name: str) -> bool:
        return self._rng.random() < self._rate[name]

    def _surname_as_typed(self, one: Person) -> str:
        rng, surname = self._rng, one.surname
        if self._chance("sur_change"):
            surname = one.former_surname or self._community().surnames(rng)
        if "-" in surname:
            halves = surname.split("-")
            if self._chance("dbl_drop"):
                surname = rng.choice(halves)
            elif self._chance("dbl_style"):
                surname = rng.choice((" ".join(halves), "".join(halves), "-".join(reversed(halves))))
        if (surname[:2] in ("Mc", "O'") or " " in surname) and self._chance("sur_style"):
            surname = surname.replace("Mc", "Mac").replace("O'", "O").replace(" ", "")
        if self._chance("sur_typo"):
            surname = self._slip(surname)
        if not surname.isascii() and self._chance("diacritic_strip"):
            surname = _plain(surname)
        return surname

    def _forename_as_typed(self, one: Person) -> tuple[str, str]:
        rng = self._rng
        forename, middle = one.preferred or one.forename, ""
        if one.preferred and rng.random() < 0.3:
            forename = one.forename
        if self._chance("fore_variant"):
            forename = self._short(forename) or forename
        if self._chance("fore_initial") or (one.role == "staff" and rng.random() < 0.15):
            forename = forename[:1]
        elif self._chance("fore_typo"):
            forename = self._slip(forename)
        if one.middles and self._chance("fore_extra"):
            forename = f"{forename} {one.middles[0]}"
        elif one.middles and rng.random() < 0.2:
            middle = " ".join(one.middles)
        if not forename.isascii() and self._chance("diacritic_strip"):
            forename = _plain(forename)
        return forename, middle

    def _hub_row(self, one: Person, *, again: bool = False) -> Row:
        rng = self._rng
        forename, middle = self._forename_as_typed(one)
        surname = self._surname_as_typed(one)
        if self._chance("swap"):
            forename, surname = surname, forename
        elif self._chance("onefield"):
            forename, surname = "", f"{forename} {surname}"
        if self._chance("upper"):
            surname = surname.upper()
        if self._chance("space"):
            forename = f" {forename}  "
        year = one.year - self._is_stale
        if one.kind == "hub_only" and one.year == self._years[-1]:
            year = one.year - self._is_stale
        label = "R" if year == 0 else str(year)
        return {
            "hub_id": f"H{one.key:06d}{'b' if again else 'a'}",
            "role": one.role,
            "title": one.title,
            "forename": forename,
            "middle_names": middle,
            "surname": surname,
            "dob": self._birthday_as_typed(one),
            "gender": ""
            if one.role == "staff" or self._chance("gender_missing")
            else self._sex_as_typed(one),
            "upn": self._upn_as_typed(one),
            "email": self._email_as_typed(one),
            "year_group": "" if one.role == "staff" or rng.random() < 0.05 else label,
            "reg_group": "" if one.role == "staff" or rng.random() < 0.1 else f"{max(year, 0)}{one.group}",
            "postcode": one.postcode if self._chance("pc") else "",
            "created": self._created(one).isoformat(),
        }

    def _created(self, one: Person) -> date:
        rng = self._rng
        rollout = date(2022, 10, 1) + timedelta(days=rng.randrange(50))
        started = one.started or rollout
        if one.kind == "hub_only":
            started = min(started, date(TODAY_YEAR - 1, 9, 1))
        if started < date(2022, 9, 20):
            return rollout if rng.random() < 0.9 else started + timedelta(days=rng.randrange(-90, 60))
        return started + timedelta(days=rng.randrange(-80, 45))

    def _sex_as_typed(self, one: Person) -> str:
        return {"F": "M", "M": "F"}[one.sex] if self._chance("gender_wrong") else one.sex

    def _birthday_as_typed(self, one: Person) -> str:
        rng, born = self._rng, one.born
        if born is None or rng.random() < self._birthday_missing:
            return ""
        if self._chance("dob_swap") and born.day <= 12:
            born = date(born.year, born.day, born.month)
        elif self._chance("dob_typo"):
            born = born.replace(day=min(28, max(1, born.day + rng.choice((-10, -9, -2, -1, 1, 2, 9, 10)))))
        elif self._chance("dob_default"):
            born = date(born.year, rng.choice((1, 9)), 1)
        elif self._chance("dob_year"):
            born = born.replace(year=born.year + rng.choice((-1, 1)), day=min(born.day, 28))
        return born.isoformat()

    def _upn_as_typed(self, one: Person) -> str:
        rng = self._rng
        if not one.upn or rng.random() < self._upn_missing:
            return ""
        if one.twin >= 0 and self._chance("upn_twin_swap"):
            return self._people[one.twin].upn
        if one.siblings and self._chance("upn_sibling"):
            return self._people[rng.choice(one.siblings)].upn
        if self._chance("upn_temp"):
            rest = one.upn[1:12] + "ABCDEFGHJK"[one.key % 10]
            return upn_check_letter(rest) + rest
        if self._chance("upn_typo"):
            at = rng.randrange(1, 13)
            return one.upn[:at] + rng.choice("0123456789") + one.upn[at + 1 :]
        return one.upn

    def _email_as_typed(self, one: Person) -> str:
        rng = self._rng
        if one.role == "staff":
            draw = rng.random()
            if draw < 0.08:
                return ""
            if draw < 0.2:
                return f"{one.forename.lower()}{rng.randint(10, 99)}@gmail.com"
            if draw < 0.25:
                return one.email.replace(self._domain, "trust-academies.org")
            return f"office@{self._domain}" if draw < 0.27 else one.email
        if not self._chance("email"):
            return (
                f"{one.surname.lower()}.family{min([one.key, *one.siblings])}@gmail.com"
                if self._chance("email_family")
                else ""
            )
        return (
            f"{one.forename.lower()}{rng.randint(100, 999)}@outlook.com"
            if self._chance("email_other")
            else one.email
        )

    def _mis_row(self, one: Person) -> Row:
        rng = self._rng
        born = one.born
        if born is not None and self._chance("mis_dob_missing"):
            born = None
        elif born is not None and self._chance("mis_dob_typo"):
            born = born.replace(day=min(28, born.day + 1))
        is_pupil = one.role == "pupil"
        upn = "" if is_pupil and self._chance("mis_upn_missing") else one.upn
        rest = one.upn[1:12] + "ABCDEFGHJK"[one.key % 10] if one.upn else ""
        tells = one.preferred and rng.random() < 0.6
        return {
            "mis_id": f"M{one.key:07d}",
            "role": one.role,
            "title": one.title,
            "forename": self._slip(one.forename) if self._chance("mis_fore_typo") else one.forename,
            "preferred_forename": one.preferred if tells else "",
            "middle_names": " ".join(one.middles),
            "surname": self._slip(one.surname) if self._chance("mis_sur_typo") else one.surname,
            "legal_surname": one.former_surname if rng.random() < 0.5 else "",
            "dob": born.isoformat() if born else "",
            "gender": one.sex,
            "upn": upn,
            "former_upn": upn_check_letter(rest) + rest if rest and rng.random() < 0.02 else "",
            "email": one.email if rng.random() < (0.6 if is_pupil else 0.95) else "",
            "year_group": str(one.year) if is_pupil else "",
            "reg_group": f"{one.year}{one.group}" if is_pupil else "",
            "postcode": one.postcode if rng.random() < 0.975 else "",
            "start_date": one.started.isoformat() if one.started and rng.random() < 0.965 else "",
        }


_BY_FAMILY: dict[int, list[str]] = {}
for _word, _numbers in FAMILIES.items():
    for _number in _numbers:
        _BY_FAMILY.setdefault(_number, []).append(_word)


def _plain(text: str) -> str:
    import unicodedata

    folded = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
