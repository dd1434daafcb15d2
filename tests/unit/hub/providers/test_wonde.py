"""The client of the School Data API against every way in which a broker can answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import stamina

from adminhub.hub.providers.errors import (
    BrokerRefused,
    ConsentLost,
    IncompletePull,
    ProviderError,
    SchoolUnknown,
    TryLater,
    UnreadablePage,
)
from adminhub.hub.providers.values import ConsentWord, Contact, SchoolDetails
from adminhub.hub.providers.wonde import WondeProvider

BASE = "https://broker.example/v1.0"
SCHOOL = "A1000000001"
Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def provider(answer: Answer, **fields: Any) -> WondeProvider:
    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    return WondeProvider(base_url=BASE, token="app", broker_name="Gatehouse", client=client, **fields)


def a_student(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"A{number:09d}",
        "mis_id": str(number),
        "upi": "f" * 32,
        "forename": "Kit",
        "surname": "Ray",
        "gender": "FEMALE",
        "date_of_birth": {
            "date": "2014-05-14 00:00:00.000000",
            "timezone_type": 3,
            "timezone": "Europe/London",
        },
        "education_details": {"data": {"upn": "a999400114001", "current_nc_year": "7"}},
        **fields,
    }


def pages_of(*pages: list[dict[str, Any]], count: int | None = None, **pagination: Any) -> Answer:
    """A broker with these pages of students, telling this count or none."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/counts"):
            if count is None:
                return httpx2.Response(404, json={})
            return httpx2.Response(200, json={"data": {"students": {"data": {"count": count}}}})
        number = int(request.url.params.get("page", 1))
        more = number < len(pages)
        following = f"{BASE}/schools/{SCHOOL}/students?page={number + 1}" if more else None
        meta = {"pagination": {"next": following, "more": more, "current_page": number, **pagination}}
        return httpx2.Response(200, json={"data": pages[number - 1], "meta": meta})

    return answer


def pupils(answer: Answer) -> list[Any]:
    return [row for page in provider(answer).pupils(SCHOOL) for row in page]


def test_a_pupil_is_read_into_our_words() -> None:
    student = a_student(
        1,
        registration={"data": {"id": "A5", "name": "7A"}},
        classes={"data": [{"id": "A8", "name": "7x/Ma1"}, {"id": "A9", "name": "7x/En1"}]},
        contact_details={"data": {"emails": {"email": "kit@oak.example"}}},
    )
    [pupil] = pupils(pages_of([student]))
    assert (pupil.sex, pupil.year_group, pupil.upn) == ("F", "7", "A999400114001")
    assert str(pupil.birthday) == "2014-05-14"
    assert (pupil.registration_group, pupil.classes) == ("A5", ("A8", "A9"))
    assert pupil.email == "kit@oak.example"


def test_what_is_not_permitted_is_none_and_what_is_empty_is_blank() -> None:
    student = a_student(
        1, legal_surname=None, middle_names="", gender=None, date_of_birth=None, education_details=None
    )
    [pupil] = pupils(pages_of([student]))
    assert (pupil.legal_surname, pupil.sex, pupil.birthday, pupil.upn) == (None, None, None, None)
    assert pupil.middle_names == ""


@pytest.mark.parametrize(
    ("national", "year", "read"),
    [
        ("07", None, "7"),
        ("R", None, "R"),
        ("0", None, "R"),
        ("N2", None, "N2"),
        (None, {"data": {"id": "A1", "name": "Year 9", "code": "9"}}, "9"),
        (None, {"data": {"id": "A1", "name": "Reception", "code": None}}, "R"),
        (None, {"data": []}, None),
        ("Ridgeway", None, ""),
    ],
)
def test_year_groups_are_read_as_schools_write_them(
    national: str | None, year: Any, read: str | None
) -> None:
    student = a_student(1, education_details={"data": {"current_nc_year": national}}, year=year)
    assert pupils(pages_of([student]))[0].year_group == read


def test_every_page_is_walked_and_nobody_comes_twice() -> None:
    found = pupils(pages_of([a_student(1), a_student(2)], [a_student(2), a_student(3)], count=3))
    assert [pupil.mis_id for pupil in found] == ["1", "2", "3"]


def test_a_list_without_pagination_is_one_page() -> None:
    assert len(pupils(lambda _: httpx2.Response(200, json={"data": [a_student(1)]}))) == 1


def test_staff_who_have_left_are_not_pulled() -> None:
    rows = [
        {"id": "A1", "mis_id": "1", "surname": "Gone", "employment_details": {"data": {"current": False}}},
        {"id": "A2", "mis_id": "2", "surname": "Here", "employment_details": {"data": {"current": True}}},
    ]
    answer: Answer = lambda _: httpx2.Response(200, json={"data": rows})  # noqa: E731
    found = [row.surname for page in provider(answer).employees(SCHOOL) for row in page]
    assert found == ["Here"]


def test_the_main_teacher_comes_first() -> None:
    leaders = [
        {"id": "A1", "meta": {"is_main_teacher": False}},
        {"id": "A2", "meta": {"is_main_teacher": True}},
    ]
    row = {"id": "A9", "mis_id": "9", "name": "7x/Ma1", "subject": "A77", "employees": {"data": leaders}}
    answer: Answer = lambda _: httpx2.Response(200, json={"data": [row]})  # noqa: E731
    [[school_class]] = list(provider(answer).classes(SCHOOL))
    assert school_class.employees == ("A2", "A1")


def test_only_registration_groups_are_pulled() -> None:
    rows = [
        {"id": "A1", "mis_id": "1", "name": "7A", "type": "REGISTRATION"},
        {"id": "A2", "mis_id": "2", "name": "Year 7", "type": "YEAR"},
    ]
    answer: Answer = lambda _: httpx2.Response(200, json={"data": rows})  # noqa: E731
    [[group]] = list(provider(answer).registration_groups(SCHOOL))
    assert (group.name, group.kind) == ("7A", "registration")


# What goes wrong

FAULTS: list[tuple[Answer, type[ProviderError]]] = [
    (lambda _: httpx2.Response(401, json={}), ConsentLost),
    (lambda _: httpx2.Response(403, json={}), ConsentLost),
    (lambda _: httpx2.Response(404, json={}), SchoolUnknown),
    (lambda _: httpx2.Response(422, json={"errors": {"page": ["no"]}}), BrokerRefused),
    (lambda _: httpx2.Response(429), TryLater),
    (lambda _: httpx2.Response(500), TryLater),
    (lambda _: httpx2.Response(503, headers={"Retry-After": "120"}), TryLater),
    (lambda _: httpx2.Response(200, content=b'{"data": [{"id": "A1"'), UnreadablePage),
    (lambda _: httpx2.Response(200, text="<html><body>Sorry</body></html>"), UnreadablePage),
    (lambda _: httpx2.Response(200, json={"nothing": "here"}), UnreadablePage),
    (lambda _: httpx2.Response(200, json={"data": [{"mis_id": "no id"}]}), UnreadablePage),
    (lambda _: httpx2.Response(200, content=b"\xff\xfe\x00"), UnreadablePage),
    (lambda _: httpx2.Response(302, headers={"Location": "https://elsewhere.example"}), UnreadablePage),
]


@pytest.mark.parametrize(("answer", "error"), FAULTS)
def test_a_fault_is_named_after_what_to_do_and_says_that_nothing_has_changed(
    answer: Answer, error: type[ProviderError]
) -> None:
    with pytest.raises(error) as trouble:
        pupils(answer)
    assert "Nothing has changed" in str(trouble.value)
    assert "Gatehouse" in str(trouble.value)


def test_a_broker_that_cannot_be_reached_is_asked_again_and_then_later() -> None:
    calls: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(request.url.path)
        raise httpx2.ConnectError("refused")

    with pytest.raises(TryLater, match="could not be reached"):
        provider(answer).state(SCHOOL)
    assert len(calls) == 3


def test_a_passing_fault_is_not_noticed() -> None:
    answers = [httpx2.Response(500), httpx2.Response(429, headers={"Retry-After": "1"})]

    def answer(request: httpx2.Request) -> httpx2.Response:
        return answers.pop() if answers else httpx2.Response(200, json={"data": {"approved": True}})

    assert provider(answer).state(SCHOOL).word == ConsentWord.APPROVED


def test_a_long_wait_is_left_to_the_job() -> None:
    with pytest.raises(TryLater) as trouble:
        provider(lambda _: httpx2.Response(429, headers={"Retry-After": "120"})).state(SCHOOL)
    assert trouble.value.retry_after == 120


def test_a_page_that_comes_twice_stops_the_pull() -> None:
    with pytest.raises(UnreadablePage, match="twice"):
        pupils(pages_of([a_student(1)], [a_student(1)]))


def test_pages_that_go_round_in_a_circle_stop_the_pull() -> None:
    numbers = iter(range(1, 99))

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/counts"):
            return httpx2.Response(404)
        url = f"{BASE}/schools/{SCHOOL}/students?page=2"
        return httpx2.Response(
            200,
            json={"data": [a_student(next(numbers))], "meta": {"pagination": {"next": url, "more": True}}},
        )

    with pytest.raises(UnreadablePage, match="circle"):
        pupils(answer)


def test_a_page_that_is_missing_stops_the_pull() -> None:
    with pytest.raises(UnreadablePage, match="page 3 came instead"):
        pupils(pages_of([a_student(1)], [a_student(2)], current_page=3))


def test_more_without_saying_where_stops_the_pull() -> None:
    with pytest.raises(UnreadablePage, match="where the next one is"):
        pupils(pages_of([a_student(1)], next=None, more=True))


@pytest.mark.parametrize("elsewhere", ["https://evil.example/v1.0/x", "https://broker.example/admin"])
def test_the_token_is_never_carried_to_another_address(elsewhere: str) -> None:
    with pytest.raises(UnreadablePage, match="another host"):
        pupils(pages_of([a_student(1)], next=elsewhere, more=True))


def test_behind_a_proxy_the_brokers_own_name_is_not_followed() -> None:
    hosts: set[str] = set()
    behind = f"http://inside:8010/v1.0/schools/{SCHOOL}/students?page=2"

    def answer(request: httpx2.Request) -> httpx2.Response:
        hosts.add(request.url.host)
        number = int(request.url.params.get("page", 1))
        if request.url.path.endswith("/counts"):
            return httpx2.Response(404)
        meta = {"pagination": {"next": behind if number == 1 else None, "more": number == 1}}
        return httpx2.Response(200, json={"data": [a_student(number)], "meta": meta})

    assert len(pupils(answer)) == 2
    assert hosts == {"broker.example"}


@pytest.mark.parametrize("rows", [[], [a_student(1)]])
def test_fewer_than_the_broker_promised_is_no_whole_pull(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(IncompletePull, match="Nothing has changed"):
        pupils(pages_of(rows, count=200))


@pytest.mark.parametrize("counts", [(98, 99), (100, 99)])
def test_somebody_who_comes_or_goes_while_we_read_is_no_fault(counts: tuple[int, int]) -> None:
    told = iter(counts)
    pages = pages_of([a_student(number) for number in range(99)])

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/counts"):
            return httpx2.Response(200, json={"data": {"students": {"data": {"count": next(told)}}}})
        return pages(request)

    assert len(pupils(answer)) == 99


def test_a_missing_page_is_noticed_however_short() -> None:
    with pytest.raises(IncompletePull, match="there are 200 pupils, but sent 199"):
        pupils(pages_of([a_student(number) for number in range(199)], count=200))


# Asking about schools


def test_a_request_names_the_contact_and_uses_the_apps_token() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"success": True, "state": "pending", "message": "Received"})

    asked = provider(answer, school_token="school")
    assert asked.request(SCHOOL, Contact(first_name="Bea", email="bea@oak.example")).state == "pending"
    assert seen[0].method == "POST"
    assert seen[0].headers["authorization"] == "Bearer app"
    assert json.loads(seen[0].content)["contacts"][0]["email_address"] == "bea@oak.example"


def test_data_is_read_with_the_schools_own_token() -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["authorization"])
        return httpx2.Response(200, json={"data": []})

    list(provider(answer, school_token="school").classes(SCHOOL))
    assert set(seen) == {"Bearer school"}


def test_giving_up_what_we_do_not_have_is_no_error() -> None:
    provider(lambda _: httpx2.Response(404, json={})).revoke(SCHOOL)


@pytest.mark.parametrize(
    ("flags", "word", "needs_setup", "check_failed"),
    [
        ({"state": "waiting_for_setup"}, ConsentWord.PENDING, True, False),
        ({"state": "audit_failed", "approved": True}, ConsentWord.APPROVED, False, True),
        ({"state": "audited", "approved": True, "audited": True}, ConsentWord.AUDITED, False, False),
        ({"state": None, "approved": False}, ConsentWord.NONE, False, False),
        ({"approved": True, "audited": False}, ConsentWord.APPROVED, False, False),
        ({"approved": True, "audited": True}, ConsentWord.AUDITED, False, False),
    ],
)
def test_the_state_is_read_from_ours_and_from_wondes_flags(
    flags: dict[str, Any], word: ConsentWord, needs_setup: bool, check_failed: bool
) -> None:
    state = provider(lambda _: httpx2.Response(200, json={"data": {"online": True, **flags}})).state(SCHOOL)
    assert (state.word, state.needs_setup, state.check_failed) == (word, needs_setup, check_failed)


@pytest.mark.parametrize("word", ["pending", "declined", "revoked"])
def test_where_the_flags_say_nothing_the_lists_tell(word: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if "/meta/" in request.url.path:
            return httpx2.Response(403, json={})
        listed = [{"id": SCHOOL, "name": "Oak"}] if request.url.path.endswith(f"/{word}") else []
        return httpx2.Response(200, json={"data": listed})

    assert provider(answer).state(SCHOOL).word == word


def test_a_search_asks_by_each_number_and_ranks_what_comes() -> None:
    oak = {"id": "A1", "name": "Oak Hill School", "urn": 999001, "address": {"address_postcode": "ZZ1 4OH"}}
    other = {"id": "A2", "name": "Oak Hill Primary School", "urn": 999011, "address": []}

    def answer(request: httpx2.Request) -> httpx2.Response:
        rows = [oak] if "urn" in request.url.params else [other, oak]
        return httpx2.Response(200, json={"data": rows})

    found = provider(answer).search(SchoolDetails(name="Oak Hill School", urn="999001", postcode="ZZ1 4OH"))
    assert [candidate.school_id for candidate in found] == ["A1", "A2"]
    assert "same URN" in found[0].reasons
