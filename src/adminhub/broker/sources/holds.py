"""Whether a reading may be published unasked. Pure."""

from dataclasses import replace

from adminhub.broker.directory.models import School
from adminhub.mis import compare
from adminhub.mis.identifiers import laestab
from adminhub.mis.roster import Roster
from adminhub.mis.roster import School as NamedSchool

_OF_NO_SYSTEM = {"ctf", "census", "workforce", "class"}


def reasons_to_hold(published: Roster, new: Roster) -> list[str]:
    """Why a person must look first, in sentences; empty when the new reading is plausible."""
    return [
        f"{reason} Nothing has been published; the last good data stays."
        for reason in compare(published, new)
    ]


def another_mis(published: str, new: str) -> list[str]:
    """Why a person must look when the data comes from another system than before; its ids are not the old ones.

    The DfE's files are of no system: one may follow the other, for people keep the ids we gave them.
    """
    before, now = system_of(published), system_of(new)
    if not published or before == now or {before, now} <= _OF_NO_SYSTEM:
        return []
    return [
        "This export is of another MIS than the last one. Nothing has been published; the last good data stays. "
        "If the school has changed its MIS, rehearse the change first, so that pupils keep their ids."
    ]


def system_of(format: str) -> str:
    """Which system a format comes from, whatever its version; of joined files the first is the MIS's own."""
    return format.split("+")[0].split("-")[0]


def roster_of_one_school(roster: Roster, school: School) -> Roster | list[str]:
    """The part of the roster that is this school's, or the reasons why there is none."""
    if roster.is_delta:
        return ["This file holds changes only. Nothing has been published. Send a full export."]
    if not roster.pupils and not roster.employees:
        return ["Nobody was found in this file. Nothing has been published. Check what the export includes."]
    if len(roster.schools) < 2:
        only = roster.schools[0] if roster.schools else None
        if only is not None and _is_another(only, school):
            return [
                f"This file names another school ({only.name or only.laestab or only.urn}). Nothing has been published."
            ]
        return roster
    own = [named for named in roster.schools if _is_same(named, school)]
    if not own:
        names = ", ".join(named.name or named.mis_id for named in roster.schools[:5])
        return [f"This file holds {names}, but not this school. Nothing has been published."]
    ids = {named.mis_id for named in own}
    return replace(
        roster,
        schools=tuple(own),
        pupils=tuple(pupil for pupil in roster.pupils if ids & set(pupil.schools)),
        employees=tuple(employee for employee in roster.employees if ids & set(employee.schools)),
        classes=tuple(group for group in roster.classes if group.school in ids),
    )


def _numbers(school: School) -> tuple[str, str]:
    return str(school.urn or ""), f"{school.la_code}{school.establishment_number}"


def _is_same(named: NamedSchool, school: School) -> bool:
    urn, number = _numbers(school)
    return bool((named.urn and named.urn == urn) or (named.laestab and laestab(named.laestab) == number))


def _is_another(named: NamedSchool, school: School) -> bool:
    """Both sides have the number and it differs; the DfE number decides where both have it."""
    urn, number = _numbers(school)
    if named.laestab and len(number) == 7:
        return laestab(named.laestab) != number
    return bool(named.urn and urn and named.urn != urn)
