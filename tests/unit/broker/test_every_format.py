"""Whatever format a school's export has, the broker can be fed by it, and no id it then serves is personal."""

import re
import shutil
from pathlib import Path

import pytest

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.templatetags.portal import FORMAT_NAMES, format_name
from adminhub.broker.sources.actions import publish_files
from adminhub.broker.sources.models import ClassPupil, Employee, Pupil, SchoolClass, SourceUpload
from adminhub.mis import FORMATS
from tests.unit.broker.cast import a_school
from tests.unit.mis import samples

pytestmark = pytest.mark.django_db
Outcome = SourceUpload.Outcome
PERSONAL = re.compile(r"[A-Z]\d{11}[A-Z\d]|\d{7}|name-.*")


def hallowmere() -> School:
    """The school whose exports the samples are."""
    return a_school("Hallowmere Community Primary School", 906743, establishment_number="2197")


def feed(school: School, format: str) -> SourceUpload:
    return publish_files(school=school, paths=[samples.sample(format)], by=None, as_at=samples.AS_AT)


def ids_by_name(school: School, model: type[Pupil] | type[Employee]) -> dict[tuple[object, ...], str]:
    with school_scope(school.pk):
        people = model.objects.filter(school=school).values_list(
            "legal_surname", "legal_forename", "date_of_birth", "mis_id"
        )
        return {tuple(names): mis_id for *names, mis_id in people}


def test_every_format_has_a_name_in_the_portal() -> None:
    assert set(FORMATS) <= set(FORMAT_NAMES)


@pytest.mark.parametrize("format", samples.FORMATS)
def test_an_export_of_any_format_is_published_and_the_same_again_changes_nothing(format: str) -> None:
    school = hallowmere()

    assert feed(school, format).outcome == Outcome.PUBLISHED
    assert feed(school, format).outcome == Outcome.UNCHANGED


@pytest.mark.parametrize("format", ["ctf", "census", "workforce"])
def test_no_id_of_a_person_is_a_upn_a_teacher_number_or_made_of_a_name(format: str) -> None:
    school = hallowmere()
    feed(school, format)
    ids = [*ids_by_name(school, Pupil).values(), *ids_by_name(school, Employee).values()]

    assert ids
    assert not [mis_id for mis_id in ids if PERSONAL.fullmatch(mis_id)]


def test_several_files_of_one_school_are_one_source_without_personal_ids(tmp_path: Path) -> None:
    school = hallowmere()
    for format in ("ctf", "workforce"):
        shutil.copytree(samples.sample(format), tmp_path, dirs_exist_ok=True)
    (tmp_path / "classes.csv").write_text("UPN,Class,Teacher Number\nD999219722009,Maths 1,9625534\n")

    upload = publish_files(school=school, paths=[tmp_path], by=None, as_at=samples.AS_AT)
    again = publish_files(school=school, paths=[tmp_path], by=None, as_at=samples.AS_AT)
    ids = [*ids_by_name(school, Pupil).values(), *ids_by_name(school, Employee).values()]

    assert (upload.outcome, again.outcome) == (Outcome.PUBLISHED, Outcome.UNCHANGED)
    assert format_name(upload.format) == "Common Transfer File, School Workforce Census, list of classes"
    assert not [mis_id for mis_id in ids if PERSONAL.fullmatch(mis_id)]
    with school_scope(school.pk):
        maths = SchoolClass.objects.get(school=school)
        assert ClassPupil.objects.filter(school_class=maths).count() == 1


def test_a_school_that_changes_to_another_format_keeps_its_pupils_ids_by_upn() -> None:
    school = hallowmere()
    feed(school, "scholarpack")
    before = ids_by_name(school, Pupil)
    publish_files(
        school=school,
        paths=[samples.sample("census")],
        by=None,
        as_at=samples.AS_AT,
        is_agreed=True,
    )
    after = ids_by_name(school, Pupil)

    same = before.keys() & after.keys()

    assert same
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
