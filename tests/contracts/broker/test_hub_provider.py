"""The hub's real client against our broker over HTTP, and its in-memory stand-in, held to the same promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from adminhub.broker.api.wire import record_id
from adminhub.broker.consent import actions as consent_actions
from adminhub.broker.consent.access import Choice
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.models import AccessRule, Consent
from adminhub.broker.directory.actions import add_administrator
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Pupil
from adminhub.hub.providers.errors import ConsentLost, SchoolUnknown
from adminhub.hub.providers.fake import FakeProvider, FakeSchool
from adminhub.hub.providers.values import (
    Address,
    Candidate,
    ConsentWord,
    Contact,
    Elsewhere,
    Provider,
    PulledClass,
    PulledEmployee,
    PulledPupil,
    SchoolDetails,
)
from adminhub.hub.providers.wonde import WondeProvider
from tests.unit.broker import cast

OAK = SchoolDetails(name="Oak Hill School", postcode="WX1 1AA", urn="199001", laestab="9999001")
PUPILS, EMPLOYEES, CLASSES = 40, 6, 4


class World(Protocol):
    """A broker with one school, Oak Hill, and people who act there."""

    provider: Provider
    school_id: str

    def set_up(self) -> None: ...
    def approve(self) -> None: ...
    def audit(self) -> None: ...
    def decline(self, reason: str) -> None: ...
    def revoke(self) -> None: ...
    def has_pupils(self, numbers: list[int]) -> None: ...
    def has_left(self, number: int) -> None: ...
    def keeps_back(self, broker_id: str) -> None: ...


class FakeWorld:
    """The in-memory broker."""

    def __init__(self, *, is_set_up: bool) -> None:
        self.school_id = "A1234567890"
        candidate = Candidate(
            school_id=self.school_id,
            name="Oak Hill School",
            urn="199001",
            laestab="9999001",
            phase="Secondary",
            mis="SIMS",
            address=Address(line_1="1 Oak Lane", town="Oakham Vale", postcode="WX1 1AA"),
        )
        school = FakeSchool(
            candidate,
            is_set_up=is_set_up,
            employees=[PulledEmployee(broker_id=f"A{n}", mis_id=f"e{n}") for n in range(EMPLOYEES)],
            classes=[
                PulledClass(kind="teaching", broker_id=f"A{n}", mis_id=f"c{n}", name=f"Maths {n}")
                for n in range(CLASSES)
            ],
            registration_groups=[
                PulledClass(kind="registration", broker_id=f"A{n}", mis_id=f"form-{n}A", name=f"{n}A")
                for n in range(7, 12)
            ],
            pupils=[PulledPupil(broker_id=f"A{n}", mis_id=f"p{n}") for n in range(PUPILS)],
        )
        self.broker = FakeProvider([school], per_page=15)
        self.provider: Provider = self.broker

    def set_up(self) -> None:
        self.broker.set_up(self.school_id)

    def approve(self) -> None:
        self.broker.approve(self.school_id)

    def audit(self) -> None:
        self.broker.audit(self.school_id)

    def decline(self, reason: str) -> None:
        self.broker.decline(self.school_id, reason)

    def revoke(self) -> None:
        self.broker.withdraw(self.school_id)

    def has_pupils(self, numbers: list[int]) -> None:
        pupils = [PulledPupil(broker_id=f"A{n}", mis_id=f"p{n}") for n in numbers]
        self.broker.publish(self.school_id, pupils=pupils)

    def has_left(self, number: int) -> None:
        self.has_pupils([one for one in range(PUPILS) if one != number])
        school = self.broker.schools[self.school_id]
        school.elsewhere = [Elsewhere(person=PulledPupil(broker_id=f"A{number}", mis_id=f"p{number}"))]

    def keeps_back(self, broker_id: str) -> None:
        school = self.broker.schools[self.school_id]
        school.hidden = frozenset({broker_id})
        school.pupils = [pupil for pupil in school.pupils if pupil.broker_id != broker_id]


class LiveWorld:
    """Our broker, over HTTP."""

    def __init__(self, url: str, *, is_set_up: bool) -> None:
        self.app = cast.an_app()
        if is_set_up:
            self.school, self.administrator = cast.a_set_up_school()
        else:
            self.school = cast.a_school()
        self.school_id = self.school.broker_id
        token = cast.a_token(self.app)
        self.provider: Provider = WondeProvider(
            base_url=f"{url}/v1.0", token=token, broker_name="Gatehouse", per_page=15
        )

    @property
    def consent(self) -> Consent:
        return Consent.objects.get(app=self.app, school=self.school)

    def set_up(self) -> None:
        publish(school=self.school, roster=cast.a_roster(), by=None)
        self.administrator = cast.a_person("pat@oakhill.example")
        add_administrator(school=self.school, user=self.administrator, is_read_only=False)
        consent_actions.continue_waiting_requests(school=self.school)

    def approve(self) -> None:
        consent_actions.approve(consent=self.consent, by=self.administrator)

    def audit(self) -> None:
        consent_actions.audit(consent=self.consent, by=TheBroker())

    def decline(self, reason: str) -> None:
        consent_actions.decline(consent=self.consent, by=self.administrator, reason=reason)

    def revoke(self) -> None:
        consent_actions.revoke(consent=self.consent, by=self.administrator)

    def has_pupils(self, numbers: list[int]) -> None:
        roster = cast.a_roster(pupils=max(numbers) + 1)
        here = tuple(pupil for pupil in roster.pupils if int(pupil.mis_id.removeprefix("p")) in numbers)
        publish(school=self.school, roster=replace(roster, pupils=here), by=None)

    def has_left(self, number: int) -> None:
        roster = cast.a_roster()
        pupils = tuple(
            replace(one, status="left", registration_group=None) if one.mis_id == f"p{number}" else one
            for one in roster.pupils
        )
        publish(school=self.school, roster=replace(roster, pupils=pupils), by=None)

    def keeps_back(self, broker_id: str) -> None:
        with school_scope(self.school.pk):
            [left_out] = [
                pk for pk in Pupil.objects.values_list("pk", flat=True) if record_id(pk) == broker_id
            ]
        consent_actions.change_access(
            consent=self.consent,
            by=self.administrator,
            choice=Choice(mode=AccessRule.Mode.EXCLUDE, pupils=frozenset({left_out})),
            instead_of=None,
        )


MakeWorld = Callable[..., World]


@pytest.fixture(params=["fake", pytest.param("live", marks=pytest.mark.django_db(transaction=True))])
def make_world(request: pytest.FixtureRequest, settings: Any) -> MakeWorld:
    if request.param == "fake":
        return lambda *, is_set_up=True: FakeWorld(is_set_up=is_set_up)
    server = request.getfixturevalue("live_server")
    settings.BROKER_URL = server.url
    return lambda *, is_set_up=True: LiveWorld(server.url, is_set_up=is_set_up)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


def state_of(world: World) -> tuple[ConsentWord, bool, bool]:
    state = world.provider.state(world.school_id)
    return state.word, state.needs_setup, state.check_failed


def live(world: World) -> Provider:
    world.provider.request(world.school_id)
    world.approve()
    world.audit()
    return world.provider


def test_a_search_finds_the_school_with_its_reasons(world: World) -> None:
    best = world.provider.search(OAK)[0]
    assert (best.school_id, best.name) == (world.school_id, "Oak Hill School")
    assert {"same URN", "same postcode", "same name"} <= set(best.reasons)


def test_a_search_for_nothing_alike_is_empty(world: World) -> None:
    assert world.provider.search(SchoolDetails(name="Zzyzx Academy", urn="888888")) == []


def test_one_school_comes_with_its_address(world: World) -> None:
    school = world.provider.school(world.school_id)
    assert school.address == Address(line_1="1 Oak Lane", town="Oakham Vale", postcode="WX1 1AA")
    assert (school.urn, school.laestab, school.mis) == ("199001", "9999001", "SIMS")


def test_a_school_the_broker_does_not_know_is_unknown(world: World) -> None:
    with pytest.raises(SchoolUnknown):
        world.provider.school("A9999999999")


def test_before_a_request_there_is_nothing(world: World) -> None:
    assert state_of(world) == (ConsentWord.NONE, False, False)


def test_a_request_waits_for_the_school(world: World) -> None:
    answer = world.provider.request(world.school_id, Contact(first_name="Bea", email="bea@oak.example"))
    assert (answer.state, answer.needs_setup) == ("pending", False)
    assert state_of(world) == (ConsentWord.PENDING, False, False)


def test_asking_twice_is_asking_once(world: World) -> None:
    world.provider.request(world.school_id)
    assert world.provider.request(world.school_id).state == "pending"


def test_a_reminder_leaves_the_state_as_it_is(world: World) -> None:
    world.provider.request(world.school_id)
    assert world.provider.remind(world.school_id).state == "pending"
    assert state_of(world) == (ConsentWord.PENDING, False, False)


def test_a_school_new_to_the_broker_is_set_up_first(make_world: MakeWorld) -> None:
    world = make_world(is_set_up=False)
    assert world.provider.request(world.school_id).needs_setup
    assert state_of(world) == (ConsentWord.PENDING, True, False)
    world.set_up()
    assert state_of(world) == (ConsentWord.PENDING, False, False)


def test_approval_then_the_check_then_data(world: World) -> None:
    world.provider.request(world.school_id)
    world.approve()
    assert state_of(world) == (ConsentWord.APPROVED, False, False)
    with pytest.raises(ConsentLost):
        list(world.provider.pupils(world.school_id))
    world.audit()
    assert state_of(world) == (ConsentWord.AUDITED, False, False)
    assert sum(len(page) for page in world.provider.pupils(world.school_id)) == PUPILS


def test_a_decline_comes_with_its_reason(world: World) -> None:
    world.provider.request(world.school_id)
    world.decline("No agreement yet.")
    state = world.provider.state(world.school_id)
    assert (state.word, state.reason) == (ConsentWord.DECLINED, "No agreement yet.")


def test_what_the_school_revokes_is_read_no_more(world: World) -> None:
    provider = live(world)
    world.revoke()
    assert state_of(world)[0] == ConsentWord.REVOKED
    with pytest.raises(ConsentLost):
        list(provider.employees(world.school_id))


def test_giving_access_up_and_asking_again_is_not_checked_a_second_time(world: World) -> None:
    provider = live(world)
    provider.revoke(world.school_id)
    assert state_of(world)[0] == ConsentWord.REVOKED
    provider.revoke(world.school_id)
    assert provider.request(world.school_id).state == "pending"
    world.approve()
    assert state_of(world)[0] == ConsentWord.AUDITED


def test_giving_up_what_was_never_asked_for_is_no_error(world: World) -> None:
    world.provider.revoke(world.school_id)


def test_everything_is_pulled_once_and_in_our_words(world: World) -> None:
    provider = live(world)
    employees = [row for page in provider.employees(world.school_id) for row in page]
    groups = [row for page in provider.registration_groups(world.school_id) for row in page]
    classes = [row for page in provider.classes(world.school_id) for row in page]
    pupils = [row for page in provider.pupils(world.school_id) for row in page]
    assert {row.mis_id for row in employees} == {f"e{n}" for n in range(EMPLOYEES)}
    assert {row.name for row in groups} == {f"{n}A" for n in range(7, 12)}
    assert {row.kind for row in groups} == {"registration"}
    assert {row.mis_id for row in classes} == {f"c{n}" for n in range(CLASSES)}
    assert {row.kind for row in classes} == {"teaching"}
    assert {row.mis_id for row in pupils} == {f"p{n}" for n in range(PUPILS)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.django_db(transaction=True)
def test_our_broker_hands_over_the_fields_that_a_sync_needs(live_server: Any) -> None:
    world = LiveWorld(live_server.url, is_set_up=True)
    provider = live(world)
    pupils = {row.mis_id: row for page in provider.pupils(world.school_id) for row in page}
    employees = {row.broker_id: row for page in provider.employees(world.school_id) for row in page}
    groups = {row.broker_id: row for page in provider.registration_groups(world.school_id) for row in page}
    classes = {row.broker_id: row for page in provider.classes(world.school_id) for row in page}
    first = pupils["p0"]
    assert (first.forename, first.surname, first.sex, first.year_group) == ("Kit0", "Ray0", "F", "7")
    assert first.upn == cast.a_upn(0)
    assert first.email == "kit0@oakhill.example"
    assert str(first.birthday) == "2013-01-01"
    assert groups[first.registration_group].name == "7A"
    assert first.classes
    assert set(first.classes) <= set(classes)
    a_class = classes[first.classes[0]]
    assert a_class.subject == "Mathematics"
    assert set(a_class.employees) <= set(employees)
    ben = next(row for row in employees.values() if row.mis_id == "e0")
    assert (ben.email, ben.is_teaching, ben.staff_code) == ("ben0@oakhill.example", True, "BO0")
    assert provider.permissions(world.school_id)


def keys_of_pupils(world: World) -> dict[str, str]:
    return {row.mis_id: row.broker_id for page in world.provider.pupils(world.school_id) for row in page}


def test_who_has_left_is_told_apart_from_who_is_here(world: World) -> None:
    world.has_left(0)
    provider = live(world)
    assert "p0" not in keys_of_pupils(world)
    [[one]] = [page for page in provider.elsewhere(world.school_id, "pupil") if page]
    assert (one.person.mis_id, one.is_expected) == ("p0", False)
    assert [page for page in provider.elsewhere(world.school_id, "employee") if page] == []


def test_whom_the_school_keeps_back_is_named_among_those_asked_about(world: World) -> None:
    provider = live(world)
    keys = keys_of_pupils(world)
    assert provider.hidden(world.school_id, keys.values()) == frozenset()
    world.keeps_back(keys["p3"])
    assert "p3" not in keys_of_pupils(world)
    assert provider.hidden(world.school_id, keys.values()) == {keys["p3"]}
    assert provider.hidden(world.school_id, [keys["p4"]]) == frozenset()


def the_next_second() -> datetime:
    """Wait for it: the wire's times have no fractions, so what was published in this one would be told too."""
    now = datetime.now(UTC)
    following = now.replace(microsecond=0) + timedelta(seconds=1)
    time.sleep((following - now).total_seconds())
    return following


def test_nothing_is_told_when_nothing_has_changed(world: World) -> None:
    provider = live(world)
    changes = provider.changes(world.school_id, since=the_next_second())
    assert (changes.employees, changes.registration_groups, changes.classes, changes.pupils) == ((),) * 4
    assert changes.gone == frozenset()


def test_who_joins_and_who_leaves_is_told_without_the_rest(world: World) -> None:
    provider = live(world)
    before, since = keys_of_pupils(world), the_next_second()

    world.has_pupils([*range(1, PUPILS), PUPILS])
    changes = provider.changes(world.school_id, since=since)

    assert [row.mis_id for row in changes.pupils] == [f"p{PUPILS}"]
    assert changes.gone == {before["p0"]}
    assert changes.totals["pupils"] == PUPILS
    assert changes.totals["classes"] == CLASSES
    assert changes.totals["employees"] == EMPLOYEES


def test_who_comes_back_is_no_longer_told_as_gone_and_keeps_the_key(world: World) -> None:
    provider = live(world)
    before, since = keys_of_pupils(world), the_next_second()
    world.has_pupils([*range(1, PUPILS)])
    world.has_pupils([*range(PUPILS)])

    changes = provider.changes(world.school_id, since=since)

    assert changes.gone == frozenset()
    assert [row.broker_id for row in changes.pupils] == [before["p0"]]


def test_changes_are_not_told_without_consent(world: World) -> None:
    with pytest.raises((ConsentLost, SchoolUnknown)):
        world.provider.changes(world.school_id, since=datetime.now(UTC))
