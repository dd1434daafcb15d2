"""Which school of the directory is meant."""

from adminhub.hub.providers.directory import rank
from adminhub.hub.providers.values import Address, Candidate, SchoolDetails

OAK = Candidate(
    school_id="A1",
    name="Oak Hill School",
    urn="999001",
    laestab="9994001",
    address=Address(postcode="ZZ1 4OH"),
)
PRIMARY = Candidate(school_id="A2", name="Oak Hill Primary School", urn="999011", laestab="9992011")
FAR = Candidate(school_id="A3", name="Zebra Lane School", urn="999099", laestab="9994099")


def test_the_school_with_the_same_numbers_comes_first_with_its_reasons() -> None:
    details = SchoolDetails(name="Oak Hill", postcode="zz14oh", urn="999001", laestab="9994001")
    found = rank(details, [FAR, PRIMARY, OAK])
    assert found[0].school_id == "A1"
    assert found[0].reasons[:3] == ("same URN", "same DfE number", "same postcode")
    assert found[0].score > found[1].score


def test_a_wrong_number_still_finds_the_school_by_its_name() -> None:
    assert rank(SchoolDetails(name="Oak Hill School", urn="111111"), [FAR, OAK])[0].school_id == "A1"


def test_a_school_with_nothing_in_common_is_not_listed() -> None:
    assert rank(SchoolDetails(name="Oak Hill School", urn="999001"), [FAR]) == []


def test_each_school_is_listed_once() -> None:
    assert len(rank(SchoolDetails(name="Oak Hill School"), [OAK, OAK])) == 1
