"""A heading that is gone or mistyped is named in the format's own words, and no other format takes the file."""

from pathlib import Path

import pytest

from adminhub.mis import Refused
from tests.unit.mis.samples import read_sample, replaced, with_fault


@pytest.mark.parametrize(
    ("format", "file", "heading"),
    [
        ("integris", "pupils.csv", "Date of Birth"),
        ("integris", "classes.csv", "Teachers"),
        ("scholarpack", "pupils.csv", "Pupil ID"),
        ("scholarpack", "staff.csv", "Job Title"),
        ("scholarpack", "classes.csv", "Teacher IDs"),
        ("clever", "students.csv", "Student_id"),
        ("clever", "sections.csv", "Teacher_id"),
        ("clever", "enrollments.csv", "Section_id"),
        ("sds-1-uk", "Student.csv", "School DfE Number"),
        ("sds-1-uk", "StudentEnrollment.csv", "Section ID"),
        ("sds-2.1", "users.csv", "givenName"),
        ("sds-2.1", "courses.csv", "code"),
        ("sds-2.1", "userFlags.csv", "flag"),
    ],
)
def test_a_mistyped_heading_is_named_beside_what_stands_there(
    tmp_path: Path, format: str, file: str, heading: str
) -> None:
    mistyped = heading[:2] + "x" + heading[3:]
    with pytest.raises(Refused) as refusal:
        read_sample(with_fault(tmp_path, format, file, replaced(heading, mistyped)))

    assert file in str(refusal.value)
    assert f"lacks the column {heading}" in str(refusal.value)


@pytest.mark.parametrize(
    ("format", "file", "heading"),
    [
        ("clever", "sections.csv", "Subject"),
        ("sds-1-uk", "Section.csv", "Course Subject"),
        ("sds-2.1", "courses.csv", "subject"),
    ],
)
def test_registration_groups_are_known_by_their_course_where_no_subject_is_given(
    tmp_path: Path, format: str, file: str, heading: str
) -> None:
    roster = read_sample(with_fault(tmp_path, format, file, replaced(heading, "Other")))

    assert len(roster.registration_groups) == 9
