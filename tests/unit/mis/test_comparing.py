"""What a person must look at before new data takes the place of the old."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from adminhub.mis import Employee, Pupil, Roster, compare
from tests.unit.mis.samples import read_sample, sample

WHOLE = read_sample(sample("arbor"))


def with_pupils(change: Callable[[Pupil], Pupil | None]) -> Roster:
    pupils = tuple(new for pupil in WHOLE.pupils if (new := change(pupil)) is not None)
    ids = {pupil.mis_id for pupil in pupils}
    classes = tuple(
        replace(group, pupils=tuple(mis_id for mis_id in group.pupils if mis_id in ids))
        for group in WHOLE.classes
    )
    return replace(WHOLE, pupils=pupils, classes=classes)


def held(new: Roster) -> str:
    return " ".join(compare(WHOLE, new))


def test_the_same_again_is_plausible() -> None:
    assert compare(WHOLE, WHOLE) == []


def test_a_few_leavers_and_joiners_are_plausible() -> None:
    new = with_pupils(lambda pupil: None if pupil.mis_id in ("8463", "8504") else pupil)
    joiner = replace(WHOLE.pupils[0], mis_id="new", upn=None)

    assert compare(WHOLE, replace(new, pupils=(*new.pupils, joiner))) == []


def test_four_in_ten_pupils_gone_waits_for_a_person() -> None:
    new = with_pupils(lambda pupil: None if int(pupil.mis_id) % 5 < 2 else pupil)

    assert "would be gone" in held(new)
    assert "240" in held(new)
    assert "students.csv" in held(new)


def test_a_whole_year_gone_waits_for_a_person() -> None:
    assert "Year 4" in held(with_pupils(lambda pupil: None if pupil.year_group == "4" else pupil))


def test_a_whole_form_gone_waits_for_a_person() -> None:
    assert "Class 3" in held(
        with_pupils(lambda pupil: None if pupil.registration_group == "Class 3" else pupil)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda pupil: replace(pupil, upn=None), "lost their UPN"),
        (lambda pupil: replace(pupil, mis_id=f"n{pupil.mis_id}"), "ids"),
        (
            lambda pupil: replace(
                pupil, legal_forename=pupil.legal_surname, legal_surname=pupil.legal_forename
            ),
            "places",
        ),
        (lambda pupil: replace(pupil, legal_surname=str(pupil.legal_surname).upper()), "capitals"),
        (lambda pupil: replace(pupil, legal_surname=f"{pupil.legal_surname}x"), "names"),
        (lambda pupil: replace(pupil, year_group=next_year(pupil.year_group)), "new school year"),
    ],
)
def test_everybody_changing_at_once_waits_for_a_person(change: Callable[[Pupil], Pupil], says: str) -> None:
    assert says in held(with_pupils(change))


def swapped(pupil: Pupil) -> Pupil:
    return replace(pupil, legal_forename=pupil.legal_surname, legal_surname=pupil.legal_forename)


def next_year(year: str | None) -> str | None:
    return str(int(year) + 1) if year and year.isdigit() else year


def test_no_staff_no_teachers_no_classes_no_memberships_each_waits_for_a_person() -> None:
    assert "staff" in held(replace(WHOLE, employees=()))
    assert "teachers" in held(replace(WHOLE, employees=tuple(map(not_teaching, WHOLE.employees))))
    assert "classes.csv" in held(replace(WHOLE, classes=WHOLE.registration_groups))
    assert "class_students.csv" in held(
        replace(WHOLE, classes=tuple(replace(c, pupils=()) for c in WHOLE.classes))
    )


def test_one_class_that_loses_everybody_is_remarked_on_and_holds_nothing() -> None:
    emptied = max(WHOLE.teaching_classes, key=lambda group: len(group.pupils)).mis_id
    classes = tuple(replace(c, pupils=()) if c.mis_id == emptied else c for c in WHOLE.classes)

    assert compare(WHOLE, replace(WHOLE, classes=classes)) == []


def test_several_classes_that_lose_everybody_wait_for_a_person() -> None:
    emptied = {group.mis_id for group in WHOLE.teaching_classes[:4]}
    classes = tuple(replace(c, pupils=()) if c.mis_id in emptied else c for c in WHOLE.classes)

    assert "memberships of classes" in held(replace(WHOLE, classes=classes))


def not_teaching(person: Employee) -> Employee:
    return replace(person, teaching=False)
