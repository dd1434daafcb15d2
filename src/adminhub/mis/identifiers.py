"""The numbers English schools know people and schools by, checked and put in one shape."""

import re
from typing import Literal

_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_CHECK_INDEX = {letter: index for index, letter in enumerate(_CHECK_LETTERS)}
_PERMANENT_UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{12}", re.ASCII)
_TEMPORARY_UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[A-HJ-NP-RT-Z]", re.ASCII)
_YEAR = re.compile(r"(?:NC\s*)?(?:YEAR|YR|Y)?[\s.]*0*(\d{1,2})(?:\.0)?", re.ASCII)
_NURSERY = re.compile(r"(?:NURSERY|NUR|N)[\s.]*(?:YEAR)?\s*([12])", re.ASCII)
_RECEPTION = re.compile(r"(?:NC\s*)?(?:YEAR|YR|Y)?\s*(?:R|RECEPTION|REC|FS2)(?:\s+YEAR)?", re.ASCII)
_YEAR_NURSERY = re.compile(r"(?:NC\s*)?(?:YEAR|YR|Y)\s*(N[12])", re.ASCII)

_WORDS = [
    "ONE",
    "TWO",
    "THREE",
    "FOUR",
    "FIVE",
    "SIX",
    "SEVEN",
    "EIGHT",
    "NINE",
    "TEN",
    "ELEVEN",
    "TWELVE",
    "THIRTEEN",
    "FOURTEEN",
]

UPNKind = Literal["permanent", "temporary"]
YEAR_GROUPS = ("N1", "N2", "R", *(str(year) for year in range(1, 15)))


def tidy_upn(text: str) -> str:
    """The UPN without spaces, in capitals. Not checked."""
    return "".join(text.split()).upper()


def upn_kind(upn: str) -> UPNKind | None:
    """Whether a tidy UPN has the shape of a permanent or a temporary one; None: it is no UPN. Not the check letter."""
    if _PERMANENT_UPN.fullmatch(upn):
        return "permanent"
    if _TEMPORARY_UPN.fullmatch(upn):
        return "temporary"
    return None


def upn_check_letter(rest: str) -> str:
    """The letter that belongs before these twelve characters (DfE guide to UPNs: weights 2 to 13, modulo 23)."""
    total = sum(
        weight * (int(character) if character.isdigit() else _CHECK_INDEX[character])
        for weight, character in enumerate(rest, start=2)
    )
    return _CHECK_LETTERS[total % 23]


def is_valid_upn(upn: str) -> bool:
    """Whether a tidy UPN has the right shape and the right check letter."""
    return upn_kind(upn) is not None and upn_check_letter(upn[1:]) == upn[0]


def is_temporary_upn(upn: str) -> bool:
    return upn_kind(upn) == "temporary"


def is_valid_uln(uln: str) -> bool:
    """Unique learner number: ten digits, the first not 0, weighted 10 to 1, remainder 10 modulo 11."""
    if not re.fullmatch(r"[1-9]\d{9}", uln, re.ASCII):
        return False
    return sum(int(digit) * (10 - place) for place, digit in enumerate(uln)) % 11 == 10


def is_urn(text: str) -> bool:
    """Whether this is a unique reference number of a school: six digits, the first not 0."""
    return re.fullmatch(r"[1-9]\d{5}", text, re.ASCII) is not None


def laestab(text: str) -> str | None:
    """The seven digits of a DfE number, however it is written (999/2197, 999-2197, 9992197); None: it is none."""
    digits = re.sub(r"[\s/\-]", "", text)
    return digits if re.fullmatch(r"[1-9]\d{6}", digits, re.ASCII) else None


def is_teacher_number(text: str) -> bool:
    """Seven digits; leading zeros matter."""
    return re.fullmatch(r"\d{7}", text, re.ASCII) is not None


def year_group(text: str) -> str | None:
    """The NC year (N1, N2, R, 1 to 14) behind 'Year  7', 'Yr3', '7.0', 'Reception' or 'Nursery 2'; None: unknown."""
    label = " ".join(text.split()).upper().replace("YEAR GROUP", "YEAR")
    if match := _YEAR.fullmatch(label):
        number = int(match[1])
        if number == 0:
            return "R"
        return str(number) if number <= 14 else None
    if match := _NURSERY.fullmatch(label):
        return f"N{match[1]}"
    if match := _YEAR_NURSERY.fullmatch(label):
        return match[1]
    if _RECEPTION.fullmatch(label):
        return "R"
    word = label.removeprefix("YEAR ")
    return str(_WORDS.index(word) + 1) if word in _WORDS else None
