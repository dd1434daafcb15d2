"""One read against the one before: what is too much to believe unasked, and what a delta adds up to."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from adminhub.mis.roster import Employee, Pupil, Roster, SchoolClass
from adminhub.mis.text import folded

MOST_GONE = 0.1
FEW = 5
MOST_RENAMED = 0.3


def compare(previous: Roster, new: Roster) -> list[str]:
    """Why a person should look before `new` takes the place of `previous`; empty: nothing is implausible.

    Each sentence gives the numbers and the file. Both must be whole (`apply_delta` first). Nothing is changed.
    """
    held = [*_shrunk(previous, new), *_not_the_same_school(previous, new)]
    now = {pupil.mis_id: pupil for pupil in new.pupils if pupil.status == "on_roll"}
    before = {pupil.mis_id: pupil for pupil in previous.pupils if pupil.status == "on_roll"}
    if not before or not now:
        return held
    staying = [(before[mis_id], now[mis_id]) for mis_id in before.keys() & now.keys()]
    if len(staying) <= len(before) // 10:
        same = _still_there_by_upn(before.values(), now.values())
        held.append(
            f"{_file(new, 'pupils')}: {len(now) - len(staying)} of {len(now)} pupils have ids not there before"
            + (f", and {same} of them are known by their UPN: has the MIS changed?" if same else ".")
        )
        return held
    held.extend(_groups_gone(before.values(), now.values(), file=_file(new, "pupils")))
    held.extend(_names(staying, file=_file(new, "pupils")))
    held.extend(_upns(staying, file=_file(new, "pupils")))
    held.extend(_years(staying, file=_file(new, "pupils")))
    return held


def apply_delta(previous: Roster, delta: Roster) -> Roster:
    """The whole roster after a delta: what it names is added, changed or taken out, everything else stays."""
    gone = {removal.mis_id for removal in delta.removals if removal.kind == "user"}
    classes_gone = {removal.mis_id for removal in delta.removals if removal.kind == "class"}
    left = {(r.class_mis_id, r.user_mis_id) for r in delta.removals if r.kind == "enrolment"}
    pupils = {pupil.mis_id: pupil for pupil in (*previous.pupils, *delta.pupils) if pupil.mis_id not in gone}
    employees = {e.mis_id: e for e in (*previous.employees, *delta.employees) if e.mis_id not in gone}
    contacts = {c.mis_id: c for c in (*previous.contacts, *delta.contacts) if c.mis_id not in gone}
    people = pupils.keys() | employees.keys()
    classes: dict[tuple[str, str], SchoolClass] = {}
    for group in (*previous.classes, *delta.classes):
        if group.mis_id in classes_gone:
            continue
        known = classes.get((group.kind, group.mis_id))
        classes[group.kind, group.mis_id] = replace(
            group,
            pupils=_merged(group.mis_id, (known.pupils if known else ()), group.pupils, people, left),
            employees=_merged(
                group.mis_id, (known.employees if known else ()), group.employees, people, left
            ),
        )
    for enrolment in delta.enrolments:
        for kind in ("registration", "teaching"):
            if found := classes.get((kind, enrolment.class_mis_id)):
                added = (enrolment.user_mis_id,)
                if enrolment.user_mis_id in pupils and enrolment.role == "student":
                    merged = _merged(found.mis_id, found.pupils, added, people, left)
                    classes[kind, found.mis_id] = replace(found, pupils=merged)
                elif enrolment.user_mis_id in employees and enrolment.role == "teacher":
                    merged = _merged(found.mis_id, found.employees, added, people, left)
                    classes[kind, found.mis_id] = replace(found, employees=merged)
    return replace(
        previous,
        as_at=delta.as_at,
        pupils=tuple(pupils.values()),
        employees=tuple(employees.values()),
        contacts=tuple(contacts.values()),
        classes=tuple(classes.values()),
        issues=delta.issues,
        rejects=delta.rejects,
        removals=(),
        is_delta=False,
    )


def _merged(
    class_mis_id: str,
    before: Iterable[str],
    after: Iterable[str],
    people: set[str],
    left: set[tuple[str | None, str | None]],
) -> tuple[str, ...]:
    both = dict.fromkeys((*before, *after))
    return tuple(mis_id for mis_id in both if mis_id in people and (class_mis_id, mis_id) not in left)


def _file(roster: Roster, kind: str) -> str:
    return roster.tables.get(kind, kind)


def _shrunk(previous: Roster, new: Roster) -> list[str]:
    held = []
    teachers = (
        sum(1 for person in previous.employees if person.teaching and person.status == "current"),
        sum(1 for person in new.employees if person.teaching and person.status == "current"),
    )
    kinds: list[tuple[str, str, tuple[int, int]]] = [
        ("pupils", "pupils on roll", (_present(previous.pupils), _present(new.pupils))),
        ("employees", "staff in post", (_present(previous.employees), _present(new.employees))),
        ("employees", "teachers", teachers),
        (
            "classes",
            "registration groups",
            (_count(previous, "registration_groups"), _count(new, "registration_groups")),
        ),
        ("classes", "classes", (_count(previous, "classes"), _count(new, "classes"))),
        (
            "memberships",
            "memberships of classes",
            _memberships(previous, new, "teaching"),
        ),
        (
            "memberships",
            "memberships of registration groups",
            _memberships(previous, new, "registration"),
        ),
        ("classes", "classes with a teacher", (_taught(previous), _taught(new))),
    ]
    for kind, noun, (before, after) in kinds:
        gone = before - after
        if before and (after == 0 or (gone > FEW and gone > before * MOST_GONE)):
            table = _file(new, kind)
            if kind not in new.tables:
                table = previous.tables.get(kind, kind)
            held.append(
                f"{table}: {after} {noun} where there were {before}: {gone} of {before} would be gone."
            )
    if new.rejects and len(new.rejects) > FEW and len(new.rejects) > len(new.pupils) * MOST_GONE:
        held.append(f"{len(new.rejects)} records could not be taken in.")
    return held


def _present(people: Iterable[Pupil | Employee]) -> int:
    return sum(1 for person in people if person.status in ("on_roll", "current"))


def _count(roster: Roster, kind: str) -> int:
    return roster.counts[kind]


def _memberships(previous: Roster, new: Roster, kind: str) -> tuple[int, int]:
    """How many there were and are. A class that lost everybody is remarked on by itself; several are a loss."""
    before = {group.mis_id: len(group.pupils) for group in previous.classes if group.kind == kind}
    after = {group.mis_id: len(group.pupils) for group in new.classes if group.kind == kind}
    total, now = sum(before.values()), sum(after.values())
    emptied = [mis_id for mis_id, size in before.items() if size and after.get(mis_id) == 0]
    if now and len(emptied) <= max(1, len(before) * MOST_GONE):
        total -= sum(before[mis_id] for mis_id in emptied)
    return total, now


def _taught(roster: Roster) -> int:
    return sum(1 for group in roster.classes if group.employees)


def _not_the_same_school(previous: Roster, new: Roster) -> list[str]:
    before = {school.laestab or school.mis_id for school in previous.schools}
    after = {school.laestab or school.mis_id for school in new.schools}
    if before and after and not before & after:
        return [f"This is the file of school {', '.join(sorted(after))}, not of {', '.join(sorted(before))}."]
    return []


def _still_there_by_upn(before: Iterable[Pupil], now: Iterable[Pupil]) -> int:
    known = {pupil.upn for pupil in before if pupil.upn}
    return sum(1 for pupil in now if pupil.upn in known)


def _groups_gone(before: Iterable[Pupil], now: Iterable[Pupil], *, file: str) -> list[str]:
    """A year or a registration group that nobody is in any more, although people of the others are still there."""
    held = []
    ids = {pupil.mis_id for pupil in now}
    labels: list[tuple[str, Callable[[Pupil], str | None]]] = [
        ("year", lambda pupil: f"Year {pupil.year_group}" if pupil.year_group else None),
        ("form", lambda pupil: pupil.registration_group),
    ]
    for noun, label in labels:
        sizes = Counter(name for pupil in before if (name := label(pupil)))
        stayed = Counter(name for pupil in before if (name := label(pupil)) and pupil.mis_id in ids)
        for name, size in sizes.items():
            if size > 2 and not stayed[name]:
                title = name if noun == "year" else f"registration group {name}"
                held.append(f"{file}: all {size} pupils of {title} are gone.")
    return held


def _names(staying: list[tuple[Pupil, Pupil]], *, file: str) -> list[str]:
    changed = [pair for pair in staying if _name(pair[0]) != _name(pair[1])]
    if len(changed) <= max(FEW, len(staying) * MOST_RENAMED):
        return []
    swapped = sum(1 for old, new in changed if _name(old) == tuple(reversed(_name(new))))
    only_spelling = sum(1 for old, new in changed if _folded(old) == _folded(new))
    how = ""
    if swapped > len(changed) // 2:
        how = ": forenames and surnames seem to have changed places"
    elif only_spelling > len(changed) // 2:
        how = ": capitals or accents seem to have changed"
    return [
        f"{file}: the names of {len(staying)} pupils were compared, and {len(changed)} of the names are others{how}."
    ]


def _name(pupil: Pupil) -> tuple[str | None, str | None]:
    return pupil.legal_forename or pupil.preferred_forename, pupil.legal_surname or pupil.preferred_surname


def _folded(pupil: Pupil) -> tuple[str, str]:
    forename, surname = _name(pupil)
    return folded(forename or ""), folded(surname or "")


def _upns(staying: list[tuple[Pupil, Pupil]], *, file: str) -> list[str]:
    had = [pair for pair in staying if pair[0].upn]
    lost = sum(1 for _, new in had if not new.upn)
    other = sum(1 for old, new in had if new.upn and new.upn != old.upn)
    held = []
    if lost > max(FEW, len(had) * MOST_GONE):
        held.append(f"{file}: {lost} of {len(had)} pupils have lost their UPN.")
    if other > max(FEW, len(had) * MOST_GONE):
        held.append(f"{file}: {other} of {len(had)} pupils have another UPN.")
    return held


def _years(staying: list[tuple[Pupil, Pupil]], *, file: str) -> list[str]:
    """Everybody a year up is right in September only, when the old year's leavers have gone as well."""
    moved = sum(
        1 for old, new in staying if old.year_group and new.year_group and old.year_group != new.year_group
    )
    if moved <= max(FEW, len(staying) * MOST_RENAMED):
        return []
    return [
        f"{file}: {moved} of {len(staying)} pupils have changed their year group. Is it a new school year?"
    ]
