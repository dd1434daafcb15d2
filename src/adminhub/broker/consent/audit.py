"""Judging whether a school's data is sound enough to hand to an app. Pure."""

from dataclasses import asdict, dataclass
from typing import Literal

from adminhub.broker.sources.queries import SchoolFacts

Weight = Literal["passed", "remark", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what it found. A problem stops the connection; a remark does not. Names nobody."""

    check: str
    weight: Weight
    message: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def is_sound(findings: list[Finding]) -> bool:
    """Nothing found stops the connection."""
    return all(finding.weight != "problem" for finding in findings)


def find(seen: SchoolFacts) -> list[Finding]:
    """Every check, passed or not, in the order a person would look."""
    return [
        _source_answers(seen),
        _has("pupils", "pupils on roll", seen.pupils),
        _has("employees", "staff in post", seen.employees),
        _has_groups(seen),
        _birthdays(seen),
        _upns(seen),
        _ids_unique(seen),
        _classes_have_members(seen),
        _names(seen),
    ]


def _source_answers(seen: SchoolFacts) -> Finding:
    if seen.is_on_hold:
        return Finding("source", "remark", "The latest export is on hold; the one before it is served.")
    if seen.source_answers:
        return Finding("source", "passed", "The MIS data could be read.")
    return Finding("source", "problem", "The last reading of the MIS data failed. Send a new export.")


def _has(check: str, what: str, count: int) -> Finding:
    if count:
        return Finding(check, "passed", f"{count:,} {what}.")
    return Finding(check, "problem", f"There are no {what}. Check what the export includes.")


def _has_groups(seen: SchoolFacts) -> Finding:
    if seen.classes or seen.registration_groups:
        return Finding(
            "groups",
            "passed",
            f"{seen.registration_groups:,} registration groups and {seen.classes:,} teaching classes.",
        )
    return Finding("groups", "problem", "There are neither registration groups nor classes in the export.")


def _birthdays(seen: SchoolFacts) -> Finding:
    return _share(
        "birthdays",
        bad=seen.pupils_without_plausible_birthday,
        of=seen.pupils,
        good="Every pupil has a plausible date of birth.",
        some="Without a plausible date of birth: {bad:,} of {of:,} pupils.",
        stop_above=0.2,
    )


def _upns(seen: SchoolFacts) -> Finding:
    if seen.pupils and not seen.pupils_with_upn:
        return Finding(
            "upns", "remark", "No pupil has a UPN. Pupils can be matched by name and birthday only."
        )
    return _share(
        "upns",
        bad=seen.invalid_upns,
        of=seen.pupils_with_upn,
        good="Every UPN has the right check letter.",
        some="With a wrong check letter: {bad:,} of {of:,} UPNs.",
        stop_above=0.2,
    )


def _ids_unique(seen: SchoolFacts) -> Finding:
    return _share(
        "unique",
        bad=seen.shared_upns,
        of=seen.pupils_with_upn,
        good="No two pupils share a UPN.",
        some="With another pupil's UPN: {bad:,} of {of:,} pupils.",
        stop_above=0.1,
    )


def _classes_have_members(seen: SchoolFacts) -> Finding:
    groups = seen.classes + seen.registration_groups
    return _share(
        "members",
        bad=seen.empty_classes,
        of=groups,
        good="Every class has pupils.",
        some="Without pupils: {bad:,} of {of:,} classes and registration groups.",
        stop_above=0.8,
    )


def _names(seen: SchoolFacts) -> Finding:
    return _share(
        "names",
        bad=seen.pupils_without_name,
        of=seen.pupils,
        good="Every pupil has a first name and a surname.",
        some="Without a first name or a surname: {bad:,} of {of:,} pupils.",
        stop_above=0.2,
    )


def _share(check: str, *, bad: int, of: int, good: str, some: str, stop_above: float) -> Finding:
    if not bad:
        return Finding(check, "passed", good)
    message = some.format(bad=bad, of=of)
    return Finding(check, "problem" if of and bad / of > stop_above else "remark", message)
