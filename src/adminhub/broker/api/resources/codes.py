"""The DfE's codes (Common Basic Data Set) for what an MIS says in words or as the code itself; in lower case."""

from collections.abc import Mapping

Codes = Mapping[str, str]


def _and_themselves(codes: Codes) -> Codes:
    return {**codes, **{code.casefold(): code for code in codes.values()}}


ENROLMENT = _and_themselves(
    {
        "current": "C",
        "single registration": "C",
        "current (single registration)": "C",
        "main": "M",
        "dual main": "M",
        "current main (dual registration)": "M",
        "subsidiary": "S",
        "dual subsidiary": "S",
        "current subsidiary (dual registration)": "S",
        "guest": "G",
        "guest pupil": "G",
        "fe college": "F",
        "other provider": "O",
    }
)
SEN_PROVISION = _and_themselves(
    {
        "no special educational need": "N",
        "no sen": "N",
        "sen support": "K",
        "education, health and care plan": "E",
        "ehc plan": "E",
        "ehcp": "E",
    }
)
BOARDER = _and_themselves(
    {
        "boarder": "B",
        "boarder, nights per week not specified": "B",
        "boarder, 6 nights or less a week": "6",
        "boarder, 7 nights per week": "7",
        "not a boarder": "N",
        "day pupil": "N",
    }
)
LANGUAGE = _and_themselves(
    {
        "english": "ENG",
        "polish": "POL",
        "urdu": "URD",
        "panjabi": "PAN",
        "welsh/cymraeg": "CYM",
        "bengali": "BNG",
    }
)
RELATIONSHIP = _and_themselves({"mother": "PAM", "father": "PAF"})
PHASE = {
    "ALL THROUGH": "AT",
    "NURSERY": "NS",
    "PRIMARY": "PS",
    "SECONDARY": "SS",
    "SPECIAL": "SP",
}
