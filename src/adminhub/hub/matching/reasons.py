"""What is said about a pair, as sentences for a school: first what agrees, then what does not."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from adminhub.hub.matching.evidence import (
    FIELDS,
    Agreement,
    Birthday,
    Email,
    Evidence,
    Forename,
    Middle,
    Number,
    Postcode,
    Surname,
    Year,
)
from adminhub.hub.matching.values import ONLY_THE_NAME, Who

Said = tuple[tuple[str, IntEnum, str], ...]
_AGREES: Said = (
    ("number", Number.SAME, "Same {number}"),
    ("number", Number.TEMPORARY, "Same temporary UPN"),
    ("uln", Agreement.SAME, "Same ULN"),
    ("email", Email.SAME, "Same e-mail"),
    ("birthday", Birthday.SAME, "Same birthday"),
    ("middle", Middle.SAME, "Same middle name"),
    ("group", Agreement.SAME, "Same class"),
    ("year", Year.SAME, "Same year group"),
    ("postcode", Postcode.SAME, "Same postcode"),
    ("code", Agreement.SAME, "Same {code}"),
)
_DIFFERS: Said = (
    ("forename", Forename.SHORT, "First name is a short form or another spelling"),
    ("forename", Forename.SLIP, "First name a slip of the pen apart"),
    ("forename", Forename.NEAR, "First name only similar: perhaps a twin"),
    ("forename", Forename.MIDDLE, "One's first name is the other's middle name"),
    ("forename", Forename.INITIAL, "First name only an initial"),
    ("forename", Forename.DIFFERENT, "Another first name: perhaps a twin or sibling"),
    ("surname", Surname.HALF, "Surname only half the same"),
    ("surname", Surname.SLIP, "Surname a letter or two apart"),
    ("surname", Surname.DIFFERENT, "Another surname"),
    ("birthday", Birthday.NEAR, "Birthday only similar"),
    ("birthday", Birthday.DIFFERENT, "Another birthday"),
    ("number", Number.NEAR, "UPN a slip of the pen apart"),
    ("number", Number.OTHER, "Another {number}"),
    ("uln", Agreement.OTHER, "Another ULN"),
    ("email", Email.SHARED, "An e-mail that several people or a household use"),
    ("email", Email.LOCAL, "Same e-mail name at another place"),
    ("email", Email.OTHER, "Another e-mail at the same place"),
    ("sex", Agreement.OTHER, "Another sex"),
    ("middle", Middle.OTHER, "Another middle name"),
    ("year", Year.NEXT, "A year group apart"),
    ("year", Year.OTHER, "Another year group"),
    ("group", Agreement.OTHER, "Another class"),
    ("dates", Agreement.OTHER, "Came to the school long after this account was made"),
)
_FIELDS = tuple(FIELDS)


class Reasons:
    """Sentences by the pattern of levels; the same pattern is put into words once."""

    def __init__(self, evidence: Evidence, who: Who) -> None:
        self._levels = np.stack([getattr(evidence, name) for name in _FIELDS], axis=1)
        self._swapped = evidence.swapped
        words = {"number": "UPN", "code": "admission number"}
        self._words = words if who is Who.PUPILS else {"number": "teacher number", "code": "staff code"}
        self._agreed: dict[bytes, tuple[str, ...]] = {}
        self._differing: dict[bytes, tuple[str, ...]] = {}

    def agreements(self, pair: int) -> tuple[str, ...]:
        """What agrees, the strongest first."""
        levels = self._levels[pair].tobytes()
        if levels not in self._agreed:
            of = dict(zip(_FIELDS, levels, strict=True))
            same_first, same_last = of["forename"] == Forename.SAME, of["surname"] == Surname.SAME
            strong, weak = self._say(_AGREES[:4], of), self._say(_AGREES[4:], of)
            name = (
                "Same name"
                if same_first and same_last
                else "Same first name"
                if same_first
                else "Same surname"
            )
            self._agreed[levels] = (*strong, *((name,) if same_first or same_last else ()), *weak)
        swapped = ("First name and surname exchanged",) if self._swapped[pair] else ()
        return (*self._agreed[levels], *swapped)

    def differences(self, pair: int) -> tuple[str, ...]:
        """What does not agree."""
        levels = self._levels[pair].tobytes()
        if levels not in self._differing:
            of = dict(zip(_FIELDS, levels, strict=True))
            found = self._say(_DIFFERS, of)
            names_only = {"forename", "surname", "sex", "dates", "year"}
            same = [name for name, level, _ in _AGREES if of[name] == level and name not in names_only]
            alone = not found and same in ([], ["number"]) and of["number"] != Number.SAME
            self._differing[levels] = (*found, ONLY_THE_NAME) if alone else found
        return self._differing[levels]

    def _say(self, said: Said, of: dict[str, int]) -> tuple[str, ...]:
        return tuple(text.format(**self._words) for name, level, text in said if of[name] == level)
