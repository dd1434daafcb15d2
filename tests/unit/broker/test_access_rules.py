"""Whom a school shares with an app: everyone, everyone but, only these."""

import pytest
from django.test import Client

from adminhub.broker.consent.access import Choice, access_in_force, people_named, reach, rules_of
from adminhub.broker.consent.actions import change_access
from adminhub.broker.consent.models import AccessRule, Consent
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import Letter, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Employee, Group, GroupPupil, Pupil
from tests.unit.broker.cast import (
    a_live_consent,
    a_roster,
    a_school,
    a_set_up_school,
    a_token,
    an_administrator,
    an_app,
)

pytestmark = pytest.mark.django_db
Mode = AccessRule.Mode


def a_connection() -> tuple[Consent, User]:
    school, pat = a_set_up_school()
    return a_live_consent(an_app(), school, pat), pat


def set_rule(consent: Consent, by: User, choice: Choice) -> AccessRule | None:
    """Put the choice into force over whatever is."""
    consent.refresh_from_db()
    return change_access(consent=consent, by=by, choice=choice, instead_of=consent.access_rule_id)


def seen(consent: Consent) -> tuple[set[str], set[str]]:
    """MIS ids of the pupils and staff the app may see."""
    consent.refresh_from_db()
    with school_scope(consent.school_id):
        choice = access_in_force(consent)
        return (
            set(Pupil.objects.filter(choice.shared_pupils()).values_list("mis_id", flat=True)),
            set(Employee.objects.filter(choice.shared_employees()).values_list("mis_id", flat=True)),
        )


def pk_of(consent: Consent, model: type, **where: object) -> int:
    with school_scope(consent.school_id):
        return int(model.objects.get(**where).pk)


def test_everyone_is_shared_until_somebody_chooses():
    consent, _ = a_connection()
    pupils, staff = seen(consent)
    assert (len(pupils), len(staff)) == (40, 6)


def test_a_pupil_left_out_is_the_only_one_missing():
    consent, pat = a_connection()
    kit = pk_of(consent, Pupil, mis_id="p0")
    set_rule(consent, pat, Choice(Mode.EXCLUDE, pupils=frozenset([kit])))
    pupils, staff = seen(consent)
    assert "p0" not in pupils
    assert (len(pupils), len(staff)) == (39, 6)


@pytest.mark.parametrize("group", [{"type": "YEAR", "name__endswith": "7"}, {"name": "7A"}])
def test_a_group_stands_for_its_pupils(group):
    consent, pat = a_connection()
    year = frozenset([pk_of(consent, Group, **group)])
    sevens = {f"p{number}" for number in range(0, 40, 5)}
    set_rule(consent, pat, Choice(Mode.ONLY, groups=year))
    assert seen(consent) == (sevens, set())
    set_rule(consent, pat, Choice(Mode.ONLY, groups=year, has_all_employees=True))
    assert len(seen(consent)[1]) == 6
    set_rule(consent, pat, Choice(Mode.EXCLUDE, groups=year))
    pupils, staff = seen(consent)
    assert (len(pupils), pupils & sevens, len(staff)) == (32, set(), 6)


def test_a_pupil_who_joins_a_group_left_out_is_left_out_from_then_on():
    consent, pat = a_connection()
    form = pk_of(consent, Group, name="7A")
    set_rule(consent, pat, Choice(Mode.EXCLUDE, groups=frozenset([form])))
    assert "p1" in seen(consent)[0]
    with school_scope(consent.school_id):
        GroupPupil.objects.create(school=consent.school, group_id=form, pupil=Pupil.objects.get(mis_id="p1"))
    assert "p1" not in seen(consent)[0]


def test_where_a_group_is_left_out_leavers_are_too():
    consent, pat = a_connection()
    form = pk_of(consent, Group, name="7A")
    set_rule(consent, pat, Choice(Mode.EXCLUDE, groups=frozenset([form])))
    publish(school=consent.school, roster=a_roster(pupils=39), by=None, is_agreed=True)
    assert "p39" not in seen(consent)[0]


def test_the_figures_count_who_is_at_the_school():
    consent, pat = a_connection()
    ben = pk_of(consent, Employee, mis_id="e0")
    choice = Choice(Mode.ONLY, employees=frozenset([ben]), has_all_pupils=True)
    with school_scope(consent.school_id):
        figures = reach(choice)
    assert (figures.pupils, figures.employees, figures.all_employees) == (40, 1, 6)
    set_rule(consent, pat, choice)
    event = consent.events.get(kind="access_changed")
    assert event.by_name == "Pat Osei, Data manager"
    assert event.detail["reach"]["employees"] == 1
    assert "1 of 6 staff" in Letter.objects.filter(subject__contains="was changed")[0].text


def test_going_back_is_one_more_rule_and_nothing_is_forgotten():
    consent, pat = a_connection()
    kit = pk_of(consent, Pupil, mis_id="p0")
    first = Choice(Mode.EXCLUDE, pupils=frozenset([kit]))
    set_rule(consent, pat, first)
    set_rule(consent, pat, Choice())
    set_rule(consent, pat, first)
    assert "p0" not in seen(consent)[0]
    with school_scope(consent.school_id):
        assert [rule.mode for rule in rules_of(consent)] == ["exclude", "everyone", "exclude"]


def test_saving_what_is_in_force_changes_nothing():
    consent, pat = a_connection()
    assert set_rule(consent, pat, Choice()) is None
    assert not consent.events.filter(kind="access_changed").exists()


def test_a_choice_of_nobody_is_refused():
    consent, pat = a_connection()
    with pytest.raises(NotPossible, match="nobody was chosen"):
        set_rule(consent, pat, Choice(Mode.ONLY))
    assert len(seen(consent)[0]) == 40


def test_another_schools_pupil_cannot_be_named():
    consent, pat = a_connection()
    elm, _ = a_set_up_school(name="Elm Park School", urn=199777)
    with school_scope(elm.pk):
        theirs = Pupil.objects.order_by("pk")[0].pk
    with pytest.raises(NotPossible, match="not at this school"):
        set_rule(consent, pat, Choice(Mode.ONLY, pupils=frozenset([theirs])))


def test_a_rule_somebody_else_made_meanwhile_is_not_overruled():
    consent, pat = a_connection()
    kit, kim = (pk_of(consent, Pupil, mis_id=mis_id) for mis_id in ("p0", "p1"))
    set_rule(consent, pat, Choice(Mode.EXCLUDE, pupils=frozenset([kit])))
    choice = Choice(Mode.EXCLUDE, pupils=frozenset([kim]))
    with pytest.raises(NotPossible, match="meanwhile"):
        change_access(consent=consent, by=pat, choice=choice, instead_of=None)
    assert "p0" not in seen(consent)[0]


def test_nobody_but_the_schools_administrators_chooses():
    consent, _ = a_connection()
    looks = an_administrator(consent.school, "looks@oakhill.example", is_read_only=True)
    cal = an_administrator(a_school("Elm Park School", 199777), "cal@elm.example")
    for person in (looks, cal):
        with pytest.raises(NotAllowed):
            change_access(
                consent=consent, by=person, choice=Choice(Mode.ONLY, has_all_pupils=True), instead_of=None
            )


def test_the_app_is_told_the_mode_and_the_people_named():
    consent, pat = a_connection()
    token = a_token(consent.app)
    address = f"/v1.0/meta/schools/{consent.school.broker_id}/acl"
    headers = {"authorization": f"Bearer {token}"}
    assert Client().get(address, headers=headers).json()["data"] == {"mode": None, "ids": []}
    form = pk_of(consent, Group, name="7A")
    set_rule(consent, pat, Choice(Mode.EXCLUDE, groups=frozenset([form])))
    data = Client().get(f"{address}?with_user_type=true", headers=headers).json()["data"]
    assert data["mode"] == "exclude"
    assert len(data["ids"]) == 8
    assert {person["type"] for person in data["ids"]} == {"student"}
    assert all(isinstance(one, str) for one in Client().get(address, headers=headers).json()["data"]["ids"])


def test_people_named_are_those_at_the_school():
    consent, _ = a_connection()
    with school_scope(consent.school_id):
        named = people_named(Choice(Mode.ONLY, has_all_employees=True))
    assert [kind for kind, _ in named] == ["employee"] * 6
