"""Several files make one source, also when they come at different times, and the school says which is believed."""

import pytest

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish_files
from adminhub.broker.sources.models import Employee, Pupil, Source, SourcePart, SourceUpload
from adminhub.broker.sources.parts import set_joining
from tests.unit.broker.cast import a_school, an_administrator
from tests.unit.broker.portal.cast import browser
from tests.unit.mis import samples

pytestmark = pytest.mark.django_db
Outcome = SourceUpload.Outcome


@pytest.fixture
def school() -> School:
    """The school whose exports the samples are."""
    return a_school("Hallowmere Community Primary School", 906743, establishment_number="2197")


def feed(school: School, *formats: str) -> SourceUpload:
    paths = [samples.sample(format) for format in formats]
    return publish_files(school=school, paths=paths, by=None, as_at=samples.AS_AT)


def served(school: School) -> tuple[int, int]:
    with school_scope(school.pk):
        return (
            Pupil.objects.filter(status="current").count(),
            Employee.objects.filter(status="current").count(),
        )


def test_files_that_come_on_different_days_make_one_source(school):
    set_joining(school=school, is_joined=True, believed={}, by=None)
    assert feed(school, "ctf").outcome == Outcome.PUBLISHED
    pupils, _ = served(school)
    assert feed(school, "workforce").outcome == Outcome.PUBLISHED
    assert served(school)[0] == pupils > 0
    assert served(school)[1] > 0
    assert Source.objects.get(school=school).format == "ctf+workforce"
    assert feed(school, "ctf").outcome == Outcome.UNCHANGED


def test_without_being_told_so_a_file_of_staff_alone_is_held(school):
    feed(school, "ctf")
    assert feed(school, "workforce").outcome == Outcome.HELD


def test_a_part_that_is_held_or_refused_leaves_the_last_good_one(school, tmp_path):
    set_joining(school=school, is_joined=True, believed={}, by=None)
    feed(school, "ctf")
    feed(school, "workforce")
    before = served(school)
    file = next(samples.sample("ctf").iterdir())
    text = file.read_text(encoding="utf-8")
    start, end = text.index("<Pupil>"), text.rindex("</Pupil>") + len("</Pupil>")
    few = "</Pupil>".join(text[start:end].split("</Pupil>")[:8]) + "</Pupil>"
    short = tmp_path / "short.xml"
    short.write_text(text[:start] + few + text[end:], encoding="utf-8")
    upload = publish_files(school=school, paths=[short], by=None, as_at=samples.AS_AT)
    assert upload.outcome == Outcome.HELD
    assert served(school) == before
    assert feed(school, "workforce").outcome == Outcome.UNCHANGED


def test_the_school_says_which_file_is_believed(school):
    feed(school, "sims", "workforce")
    assert Source.objects.get(school=school).format == "sims"
    set_joining(school=school, is_joined=False, believed={"employees": "workforce"}, by=None)
    publish_files(
        school=school,
        paths=[samples.sample("sims"), samples.sample("workforce")],
        by=None,
        as_at=samples.AS_AT,
        is_agreed=True,
    )
    assert Source.objects.get(school=school).format == "sims+workforce"


def test_pat_states_it_on_the_page_and_leaves_a_part_out(school):
    pat = an_administrator(school, "pat@hallowmere.example")
    address = f"/schools/{school.broker_id}/data-source/parts/"
    browser(pat).post(address, {"is_joined": "on", "employees": "workforce"})
    source = Source.objects.get(school=school)
    assert (source.is_joined, source.believed) == (True, {"employees": "workforce"})
    feed(school, "ctf")
    page = browser(pat).get(address).content.decode()
    assert "Common Transfer File" in page
    with school_scope(school.pk):
        part = SourcePart.objects.get()
    looks = an_administrator(school, "looks@hallowmere.example", is_read_only=True)
    assert browser(looks).post(f"{address}{part.pk}/remove/").status_code == 403
    browser(pat).post(f"{address}{part.pk}/remove/")
    with school_scope(school.pk):
        assert not SourcePart.objects.exists()
