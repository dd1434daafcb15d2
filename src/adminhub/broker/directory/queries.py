"""Finding schools, by exact numbers or by what somebody typed."""

import re
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz, process, utils

from adminhub.broker.directory.models import School, SchoolAdministrator, User

NAME_IS_LIKELY = 60.0
NAMES_COMPARED_AT_MOST = 200
NAMES_COMPARED_ALL = 2_000
LETTERS_SHARED = 0.35
STEPS_FOLLOWED = 6


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
    candidates += _successors(wanted, besides=pks)
    likely = [candidate for candidate in candidates if candidate.reasons]
    return sorted(likely, key=lambda found: (-found.score, found.school.name, found.school.pk))[:limit]


def _successors(wanted: "_Wanted", *, besides: set[int]) -> list[Candidate]:
    """Open schools that took over from closed ones whose numbers were given, however many steps it took."""
    found: list[Candidate] = []
    for closed in (
        School.objects.filter(wanted.same_number(), is_open=False)[:50] if wanted.has_number else ()
    ):
        for school in open_successors(closed):
            if school.pk not in besides:
                number = f"URN {closed.urn}" if closed.urn else closed.name
                found.append(Candidate(school, 0.9, (f"took over from {number}",)))
                besides = {*besides, school.pk}
    return found


def open_successors(school: School) -> list[School]:
    """The open schools that followed this one, over several steps where it changed more than once."""
    seen, found = {school.pk}, set[int]()
    front = [school.pk]
    for _ in range(STEPS_FOLLOWED):
        after = School.objects.filter(predecessors__before__in=front).exclude(pk__in=seen).distinct()
        front = []
        for one in after:
            seen.add(one.pk)
            (found.add if one.is_open else front.append)(one.pk)
        if not front:
            break
    return list(School.objects.filter(pk__in=found).order_by("name", "pk"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    postcode: str
    urn: str
    la_code: str
    establishment_number: str

    @property
    def has_number(self) -> bool:
        """A URN or a whole DfE number was given."""
        return bool(self.same_number())

    def same_number(self) -> Q:
        agrees = Q()
        if self.urn.isdecimal() and len(self.urn) < 10:
            agrees |= Q(urn=int(self.urn))
        if self.la_code and self.establishment_number:
            agrees |= Q(la_code=self.la_code, establishment_number=self.establishment_number)
        return agrees

    def close_by_number(self) -> set[int]:
        agrees = self.same_number()
        if self.postcode:
            spaced = r"\s*".join(re.escape(letter) for letter in self.postcode)
            agrees |= Q(postcode__iregex=f"^{spaced}")
        if not agrees:
            return set()
        return set(School.objects.filter(agrees, is_open=True).values_list("pk", flat=True)[:500])

    def close_by_name(self) -> set[int]:
        if not self.name:
            return set()
        names = self.names_to_compare()
        found = process.extract(
            self.name,
            names,
            scorer=fuzz.WRatio,
            processor=utils.default_process,
            score_cutoff=NAME_IS_LIKELY,
            limit=NAMES_COMPARED_AT_MOST,
        )
        return {pk for _, _, pk in found}

    def names_to_compare(self) -> dict[int, str]:
        """Every open school's name or, in a directory of thousands, those that share letters with what was typed."""
        schools = School.objects.filter(is_open=True)
        if schools.count() <= NAMES_COMPARED_ALL:
            return dict(schools.values_list("pk", "name"))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL pg_trgm.word_similarity_threshold = {LETTERS_SHARED}")
            cursor.execute(
                "SELECT id, name FROM broker_directory_school WHERE is_open AND %s <%% name "
                "ORDER BY word_similarity(%s, name) DESC, id LIMIT %s",
                [self.name, self.name, NAMES_COMPARED_ALL],
            )
            return dict(cursor.fetchall())

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
