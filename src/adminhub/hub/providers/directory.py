"""Which school of a broker's directory is meant: evidence, score and reasons. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from rapidfuzz import fuzz, utils

from adminhub.hub.providers.values import Candidate, SchoolDetails

AT_MOST = 10
AT_LEAST = 20
# Words that many schools share say nothing about which school is meant.
_COMMON = frozenset(
    (
        "school",
        "primary",
        "secondary",
        "academy",
        "junior",
        "infant",
        "nursery",
        "high",
        "college",
        "the",
        "of",
    )
)
_WEIGHTS = {"urn": 4, "laestab": 4, "postcode": 2, "name": 3}


def rank(details: SchoolDetails, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Score the candidates against what was typed, best first: every school once, without the far-fetched."""
    once = {candidate.school_id: candidate for candidate in candidates}
    judged = [judge(details, candidate) for candidate in once.values()]
    likely = [candidate for candidate in judged if candidate.reasons and candidate.score >= AT_LEAST]
    return sorted(likely, key=lambda found: (-found.score, found.name, found.school_id))[:AT_MOST]


def judge(details: SchoolDetails, candidate: Candidate) -> Candidate:
    """Score one candidate, 0–100. What was not typed is no evidence either way."""
    likeness = {
        "urn": (bool(details.urn), float(details.urn == candidate.urn), "same URN"),
        "laestab": (bool(details.laestab), float(details.laestab == candidate.laestab), "same DfE number"),
        "postcode": (bool(details.postcode), *_postcodes(details.postcode, candidate.address.postcode)),
        "name": (bool(details.name), *_names(details.name, candidate.name)),
    }
    weights = sum(_WEIGHTS[key] for key, (given, _, _) in likeness.items() if given)
    got = sum(_WEIGHTS[key] * alike for key, (given, alike, _) in likeness.items() if given)
    reasons = tuple(reason for given, alike, reason in likeness.values() if given and alike > 0)
    return msgspec.structs.replace(
        candidate, score=round(100 * got / weights) if weights else 0, reasons=reasons
    )


def postcode_key(postcode: str) -> str:
    """A postcode without blanks and in capitals."""
    return re.sub(r"\s", "", postcode).upper()


def _postcodes(typed: str, found: str) -> tuple[float, str]:
    one, other = postcode_key(typed), postcode_key(found)
    if one and one == other:
        return 1.0, "same postcode"
    near = len(one) > 4 and one[:-3] == other[:-3]
    return (0.4, "nearby postcode") if near else (0.0, "")


def _names(typed: str, found: str) -> tuple[float, str]:
    one, other = utils.default_process(typed), utils.default_process(found)
    if one == other:
        return 1.0, "same name"
    alike = fuzz.token_sort_ratio(_own(one), _own(other)), fuzz.token_sort_ratio(one, other)
    likeness = (3 * alike[0] + alike[1]) / 400
    return (min(likeness, 0.95), "similar name") if likeness >= 0.7 else (0.0, "")


def _own(name: str) -> str:
    """The words of a name that are this school's own; all of them when every word is common."""
    return " ".join(word for word in name.split() if word not in _COMMON) or name
