"""What an app hears of those whom it is shown no more, and of those it is shown anew."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from adminhub.broker.consent.access import Choice, Mode
from adminhub.broker.consent.actions import change_access, go_on_after, update_permissions
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Deletion, Group, Pupil
from adminhub.mis import Roster
from tests.unit.broker.cast import a_full_roster, a_live_consent, a_set_up_school, a_token, an_app

pytestmark = pytest.mark.django_db


class Oak:
    """Oak with somebody of every kind, its administrator, and an app that is live there."""

    def __init__(self, **asked: Any) -> None:
        self.school: School
        self.pat: User
        self.school, self.pat = a_set_up_school(roster=a_full_roster())
        self.app = an_app(**asked)
        self.consent: Consent = a_live_consent(self.app, self.school, self.pat)
        self.token = a_token(self.app)

    def get(self, path: str) -> list[dict[str, Any]]:
        address = f"/v1.0/schools/{self.school.broker_id}/{path}"
        response = Client().get(address, headers={"Authorization": f"Bearer {self.token}"})
        assert response.status_code == 200, response.content
        return response.json()["data"]

    def deleted(self, query: str = "") -> dict[tuple[str, str], bool]:
        """By type and MIS id whether it has been restored."""
        rows = self.get(f"deletions?per_page=500{query}")
        found = {(row["type"], row["mis_id"]): row["restored_at"] is not None for row in rows}
        assert len(found) == len(rows)
        return found

    def publish(self, roster: Roster) -> None:
        go_on_after(publish(school=self.school, roster=roster, by=None, is_agreed=True), school=self.school)

    def share(self, mode: Mode, *, pupils: tuple[str, ...] = (), forms: tuple[str, ...] = ()) -> None:
        self.consent.refresh_from_db()
        with school_scope(self.school.pk):
            choice = Choice(
                mode,
                pupils=frozenset(Pupil.objects.filter(mis_id__in=pupils).values_list("pk", flat=True)),
                groups=frozenset(Group.objects.filter(name__in=forms).values_list("pk", flat=True)),
            )
        change_access(
            consent=self.consent, by=self.pat, choice=choice, instead_of=self.consent.access_rule_id
        )


def with_statuses(**statuses: str) -> Roster:
    """The full roster, with these pupils in another list; "gone" is in none."""
    roster = a_full_roster()
    pupils = [replace(pupil, status=statuses.get(pupil.mis_id, pupil.status)) for pupil in roster.pupils]
    return replace(roster, pupils=tuple(pupil for pupil in pupils if pupil.status != "gone"))


def with_form(mis_id: str, form: str) -> Roster:
    """The full roster, with this pupil in this form."""
    roster = a_full_roster()
    classes = [
        replace(
            one,
            pupils=tuple(
                pupil
                for pupil in (*one.pupils, *((mis_id,) if one.name == form else ()))
                if pupil != mis_id or one.kind != "registration" or one.name == form
            ),
        )
        for one in roster.classes
    ]
    pupils = [
        replace(pupil, registration_group=form) if pupil.mis_id == mis_id else pupil
        for pupil in roster.pupils
    ]
    return replace(roster, pupils=tuple(pupils), classes=tuple(classes))


def test_leavers_and_future_starters_leave_their_lists_and_come_back():
    oak = Oak()
    oak.publish(with_statuses(p900="gone", p901="current"))
    assert oak.deleted() == {("student-leaver", "p900"): False, ("student-pre-admission", "p901"): False}
    assert oak.deleted("&type=students-leaver") == {("student-leaver", "p900"): False}
    oak.publish(with_statuses())
    assert oak.deleted() == {
        ("student-leaver", "p900"): True,
        ("student-pre-admission", "p901"): True,
        ("student", "p901"): False,
    }


def test_without_the_permission_for_leavers_nothing_is_heard_of_them():
    oak = Oak(only=("students.read", "contacts.read"))
    oak.publish(with_statuses(p900="gone", p901="gone"))
    roster = with_statuses(p900="gone", p901="gone")
    oak.publish(replace(roster, contacts=tuple(one for one in roster.contacts if one.mis_id != "k6")))
    assert oak.deleted() == {}


def test_a_pupil_outside_the_group_left_out_is_heard_to_leave():
    oak = Oak()
    oak.share(Mode.EXCLUDE, forms=("7A",))
    before = set(oak.deleted())
    oak.publish(with_statuses(p1="left", p5="left"))
    assert set(oak.deleted()) - before == {("student", "p1"), ("contact", "k0")}


def test_of_a_pupil_of_the_only_group_shared_the_leaving_is_heard():
    oak = Oak()
    oak.share(Mode.ONLY, forms=("8A",))
    before = set(oak.deleted())
    oak.publish(with_statuses(p1="left", p2="left"))
    assert ("student", "p1") in oak.deleted()
    assert ("student", "p2") in before


def test_where_the_groups_were_not_noted_a_leaver_is_not_told_of_under_a_rule_that_leaves_some_out():
    oak = Oak()
    oak.share(Mode.EXCLUDE, forms=("7A",))
    oak.publish(with_statuses(p1="left"))
    with school_scope(oak.school.pk):
        Deletion.objects.filter(mis_id="p1").update(groups=None)
    assert ("student", "p1") not in oak.deleted()


def test_whom_a_new_rule_hides_is_heard_of_and_comes_back_with_the_old_one():
    oak, other = Oak(), an_app("Registers")
    a_live_consent(other, oak.school, oak.pat)
    oak.share(Mode.EXCLUDE, pupils=("p0", "p1"))
    assert oak.deleted() == {("student", "p0"): False, ("student", "p1"): False, ("contact", "k0"): False}
    oak.share(Mode.EVERYONE)
    assert set(oak.deleted().values()) == {True}
    oak.token = a_token(other)
    assert oak.deleted() == {}


def test_who_joins_a_group_left_out_vanishes_and_who_leaves_it_is_found():
    oak = Oak()
    oak.share(Mode.EXCLUDE, forms=("7A",))
    before = set(oak.deleted())
    assert ("student", "p1") not in before
    oak.publish(with_form("p1", "7A"))
    assert set(oak.deleted()) - before == {("student", "p1"), ("contact", "k0")}
    oak.publish(a_full_roster())
    assert oak.deleted()["student", "p1"]


def test_who_is_back_and_hidden_now_is_not_told_to_be_back():
    oak = Oak()
    oak.share(Mode.ONLY, forms=("8A",))
    oak.publish(with_statuses(p1="left"))
    assert {row["mis_id"] for row in oak.get("students-leaver")} >= {"p1"}
    read_at = now_on_the_wire()
    oak.publish(with_form("p1", "7A"))
    assert oak.deleted()["student", "p1"] is False
    news = oak.deleted(f"&updated_after={read_at}")
    assert news == {("student-leaver", "p1"): False, ("contact", "k0"): False}
    oak.publish(a_full_roster())
    assert oak.deleted()["student", "p1"] is True


def test_nobody_who_had_gone_before_the_access_began_is_told_of():
    school, pat = a_set_up_school(roster=a_full_roster())
    publish(school=school, roster=with_statuses(p0="left"), by=None, is_agreed=True)
    app = an_app()
    a_live_consent(app, school, pat)
    oak = object.__new__(Oak)
    oak.school, oak.token = school, a_token(app)
    assert oak.deleted() == {}


def test_after_a_wider_rule_or_a_new_permission_everything_is_read_once_more():
    oak = Oak(optional=("students.gender.read",))
    oak.share(Mode.EXCLUDE, pupils=("p0",))
    read_at = now_on_the_wire()
    assert oak.get(f"students?per_page=500&updated_after={read_at}") == []
    oak.share(Mode.EVERYONE)
    found = oak.get(f"students?per_page=500&updated_after={read_at}")
    assert "p0" in {row["mis_id"] for row in found}
    read_at = now_on_the_wire()
    assert oak.get(f"employees?updated_after={read_at}") == []
    update_permissions(consent=oak.consent, by=oak.pat, granted=("students.gender.read",))
    assert {row["gender"] for row in oak.get(f"students?updated_after={read_at}")} == {"FEMALE"}
    assert oak.get(f"students?updated_after={now_on_the_wire()}") == []


def test_a_first_approval_is_no_reason_to_read_everything_once_more():
    oak = Oak()
    published_at = now_on_the_wire()
    oak.app = an_app("Second")
    oak.consent, oak.token = a_live_consent(oak.app, oak.school, oak.pat), a_token(oak.app)

    assert oak.get(f"students?updated_after={published_at}") == []


def now_on_the_wire() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
