"""Finding schools, by exact numbers or by what somebody typed."""

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from rapidfuzz import fuzz, process, utils

from adminhub.broker.directory.models import School, SchoolAdministrator, User

NAME_IS_LIKELY = 60.0
NAMES_COMPARED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A school that may be the one meant. `score` is 0 to 1; `reasons` say what agreed."""

    school: School
    score: float
    reasons: tuple[str, ...]


def postcode_key(text: str) -> str:
    """A postcode without spaces and in capitals."""
    return re.sub(r"\s+", "", text).upper()


def filter_schools(
    *, postcode: str = "", urn: str = "", la_code: str = "", establishment_number: str = ""
) -> QuerySet[School]:
    """Schools that agree with every value given: Wonde's own search. The postcode may be a beginning."""
    schools = School.objects.filter(is_open=True)
    if postcode.strip():
        spaced = r"\s*".join(re.escape(letter) for letter in postcode_key(postcode))
        schools = schools.filter(postcode__iregex=f"^{spaced}")
    if urn.strip():
        number = urn.strip()
        schools = (
            schools.filter(urn=int(number)) if number.isdecimal() and len(number) < 10 else schools.none()
        )
    if la_code.strip():
        schools = schools.filter(la_code=la_code.strip())
    if establishment_number.strip():
        schools = schools.filter(establishment_number=establishment_number.strip())
    return schools


def search_schools(
    *,
    name: str = "",
    postcode: str = "",
    urn: str = "",
    la_code: str = "",
    establishment_number: str = "",
    limit: int = 20,
) -> list[Candidate]:
    """Schools that may be meant, best first. Every value is evidence and none is a must, so one slip loses nobody."""
    wanted = _Wanted(
        name.strip(), postcode_key(postcode), urn.strip(), la_code.strip(), establishment_number.strip()
    )
    pks = wanted.close_by_number() | wanted.close_by_name()
    candidates = [wanted.judge(school) for school in School.objects.filter(pk__in=pks)]
    likely = [candidate for candidate in candidates if candidate.reasons]
    return sorted(likely, key=lambda found: (-found.score, found.school.name, found.school.pk))[:limit]


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    postcode: str
    urn: str
    la_code: str
    establishment_number: str

    def close_by_number(self) -> set[int]:
        agrees = Q()
        if self.urn.isdecimal() and len(self.urn) < 10:
            agrees |= Q(urn=int(self.urn))
        if self.la_code and self.establishment_number:
            agrees |= Q(la_code=self.la_code, establishment_number=self.establishment_number)
        if self.postcode:
            spaced = r"\s*".join(re.escape(letter) for letter in self.postcode)
            agrees |= Q(postcode__iregex=f"^{spaced}")
        if not agrees:
            return set()
        return set(School.objects.filter(agrees, is_open=True).values_list("pk", flat=True)[:500])

    def close_by_name(self) -> set[int]:
        if not self.name:
            return set()
        names = dict(School.objects.filter(is_open=True).values_list("pk", "name"))
        found = process.extract(
            self.name,
            names,
            scorer=fuzz.WRatio,
            processor=utils.default_process,
            score_cutoff=NAME_IS_LIKELY,
            limit=NAMES_COMPARED_AT_MOST,
        )
        return {pk for _, _, pk in found}

    def judge(self, school: School) -> Candidate:
        weights = 0.0
        got = 0.0
        reasons: list[str] = []
        for given, weight, likeness, reason in (
            (self.urn, 4.0, float(str(school.urn or "") == self.urn), "same URN"),
            (
                self.la_code and self.establishment_number,
                4.0,
                float(
                    (school.la_code, school.establishment_number) == (self.la_code, self.establishment_number)
                ),
                "same DfE number",
            ),
            (self.postcode, 2.0, _postcode_likeness(self.postcode, school.postcode), "same postcode"),
            (self.name, 3.0, _name_likeness(self.name, school.name), "similar name"),
        ):
            if not given:
                continue
            weights += weight
            got += weight * likeness
            if likeness >= 0.7:
                reasons.append(reason)
            elif likeness >= 0.5:
                reasons.append(reason.replace("same", "nearby"))
        return Candidate(school, round(got / weights, 3) if weights else 0.0, tuple(reasons))


def _postcode_likeness(wanted: str, postcode: str) -> float:
    have = postcode_key(postcode)
    if have and have.startswith(wanted):
        return 1.0
    return 0.5 if have and len(wanted) > 4 and have[:-3] == wanted[:-3] else 0.0


def _name_likeness(wanted: str, name: str) -> float:
    """1 for the same name. Words left out cost little, so that of two schools that fit the plainer comes first."""
    best = float(fuzz.WRatio(wanted, name, processor=utils.default_process))
    if best < NAME_IS_LIKELY:
        return 0.0
    whole = float(fuzz.token_sort_ratio(wanted, name, processor=utils.default_process))
    return (0.75 * best + 0.25 * whole) / 100


def administrators_of(school: School) -> QuerySet[User]:
    """Everybody who acts for the school or may look at it, read-only ones included."""
    return User.objects.filter(administrations__school=school, is_active=True).order_by("pk")


def has_administrator(school: School) -> bool:
    """Somebody can decide for the school."""
    return SchoolAdministrator.objects.filter(
        school=school, is_read_only=False, user__is_active=True
    ).exists()


def operators() -> QuerySet[User]:
    """The people who run the broker."""
    return User.objects.filter(is_operator=True, is_active=True)
