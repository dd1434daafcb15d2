"""Who may decide about a school's data, what follows, and who is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from adminhub.broker.apps.models import Token
from adminhub.broker.consent import actions
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.models import Consent, ConsentEvent, OperatorTask
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.actions import accept_invitation, invite_administrator
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.links import invitation_link
from adminhub.broker.directory.models import Letter, User
from adminhub.broker.directory.tasks import send_letter
from adminhub.broker.sources.actions import publish
from adminhub.broker.webhooks.models import Delivery
from adminhub.mis import Pupil
from tests.unit.broker.cast import (
    a_live_consent,
    a_person,
    a_roster,
    a_school,
    a_set_up_school,
    an_administrator,
    an_app,
)

pytestmark = pytest.mark.django_db
State = Consent.State


def a_pending_consent() -> tuple[Consent, User]:
    school, pat = a_set_up_school()
    app = an_app()
    return actions.request_access(app=app, school=school, by=app), pat


def kinds(consent: Consent) -> list[str]:
    return list(consent.events.values_list("kind", flat=True))


def test_a_request_reaches_every_administrator_who_can_decide():
    school, pat = a_set_up_school()
    an_administrator(school, "second@oakhill.example")
    an_administrator(school, "looks@oakhill.example", is_read_only=True)
    app = an_app()
    consent = actions.request_access(app=app, school=school, by=app)
    assert consent.state == State.PENDING
    letters = Letter.objects.filter(kind="request")
    assert sorted(letter.to for letter in letters) == [pat.email, "second@oakhill.example"]
    assert str(consent.public_id) in letters[0].text
    assert app.purpose in letters[0].text
    assert kinds(consent) == ["requested"]


def test_asking_twice_changes_nothing():
    consent, _ = a_pending_consent()
    again = actions.request_access(app=consent.app, school=consent.school, by=consent.app)
    assert again.pk == consent.pk
    assert kinds(consent) == ["requested"]
    assert Letter.objects.filter(kind="request").count() == 1


def an_operator(consent: Consent) -> User:
    return a_person("op@gatehouse.example", is_operator=True)


def another_schools_administrator(consent: Consent) -> User:
    return an_administrator(a_school("Elm Park School", 199777), "cal@elm.example")


def a_read_only_administrator(consent: Consent) -> User:
    return an_administrator(consent.school, "looks@oakhill.example", is_read_only=True)


def a_former_administrator(consent: Consent) -> User:
    user = an_administrator(consent.school, "gone@oakhill.example")
    user.is_active = False
    user.save()
    return user


def the_app_itself(consent: Consent) -> object:
    return consent.app


PEOPLE = (an_operator, another_schools_administrator, a_read_only_administrator, a_former_administrator)
STEPS = ("approve", "decline", "revoke", "update_permissions")
NOT_THEIRS = [(somebody, step) for somebody in PEOPLE for step in STEPS]
NOT_THE_APPS = [(the_app_itself, step) for step in STEPS if step != "revoke"]  # its own access it may end


@pytest.mark.parametrize(("somebody", "step"), [*NOT_THEIRS, *NOT_THE_APPS])
def test_only_the_schools_own_administrator_decides(somebody: Callable[[Consent], User], step: str):
    consent, _ = a_pending_consent()
    who = somebody(consent)
    extra = {"decline": {"reason": "no"}, "update_permissions": {"granted": ()}}.get(step, {})
    before = kinds(consent)
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        getattr(actions, step)(consent=consent, by=who, **extra)
    consent.refresh_from_db()
    assert consent.state == State.PENDING
    assert kinds(consent) == before


def test_another_app_cannot_end_access():
    consent, _ = a_pending_consent()
    with pytest.raises(NotAllowed):
        actions.revoke(consent=consent, by=an_app("Another"))


def test_required_permissions_come_with_approval_and_optional_ones_only_when_switched_on():
    school, pat = a_set_up_school()
    optional = ("students.gender.read", "students.date_of_birth.read")
    app = an_app(optional=optional)
    consent = actions.request_access(app=app, school=school, by=app)
    actions.approve(consent=consent, by=pat, granted=["students.gender.read"])
    allowed = granted_identities(consent)
    assert "students.gender.read" in allowed
    assert "students.date_of_birth.read" not in allowed
    assert "students.surname.read" in allowed
    actions.update_permissions(consent=consent, by=pat, granted=["students.date_of_birth.read"])
    allowed = granted_identities(consent)
    assert "students.gender.read" not in allowed
    assert "students.date_of_birth.read" in allowed


def test_every_administrator_gets_a_receipt_with_who_what_and_when():
    consent, pat = a_pending_consent()
    an_administrator(consent.school, "looks@oakhill.example", is_read_only=True)
    consent = actions.approve(consent=consent, by=pat)
    receipts = Letter.objects.filter(kind="receipt")
    assert sorted(letter.to for letter in receipts) == [
        "data@oakfield.example",
        "looks@oakhill.example",
        pat.email,
    ]
    text = receipts[0].text
    assert "Pat Osei, Data manager" in text
    assert "Unique Pupil Numbers (UPN)" in text
    assert "was approved" in text
    assert f"{consent.decided_at:%Y}" in text


def test_approval_is_followed_by_an_audit_that_makes_it_live():
    consent, pat = a_pending_consent()
    consent = actions.approve(consent=consent, by=pat)
    assert consent.state == State.APPROVED
    assert ProcrastinateJob.objects.filter(task_name="broker.audit_consent").count() == 1
    consent = actions.audit(consent=consent, by=TheBroker())
    assert consent.state == State.AUDITED
    assert {finding["weight"] for finding in consent.findings} == {"passed"}
    assert kinds(consent) == ["requested", "approved", "audited"]
    types = Delivery.objects.order_by("created_at").values_list("payload_type", flat=True)
    assert list(types) == ["schoolApproved", "schoolAudited"]


def test_an_audit_that_finds_trouble_stops_the_connection_and_calls_an_operator():
    an_operator_ = a_person("op@gatehouse.example", is_operator=True)
    school = a_school()
    pat = an_administrator(school)
    roster = a_roster()
    nameless = tuple(
        Pupil(mis_id=pupil.mis_id, legal_forename="A", legal_surname="B") for pupil in roster.pupils
    )
    publish(school=school, roster=replace(roster, pupils=nameless, classes=()), by=None)
    app = an_app()
    consent = actions.request_access(app=app, school=school, by=app)
    actions.approve(consent=consent, by=pat)
    consent = actions.audit(consent=consent, by=TheBroker())
    assert consent.state == State.AUDIT_FAILED
    problems = {finding["check"] for finding in consent.findings if finding["weight"] == "problem"}
    assert problems == {"groups", "birthdays"}
    task = OperatorTask.objects.get(kind=OperatorTask.Kind.LOOK_AT_AUDIT)
    assert Letter.objects.filter(kind="task", to=an_operator_.email).count() == 1
    publish(school=school, roster=a_roster(), by=None, is_agreed=True)
    consent = actions.audit(consent=consent, by=an_operator_)
    assert consent.state == State.AUDITED
    task.refresh_from_db()
    assert task.completed_at is not None


def test_an_export_on_hold_does_not_stop_a_connection():
    consent, pat = a_pending_consent()
    publish(school=consent.school, roster=a_roster(pupils=3), by=None)
    actions.approve(consent=consent, by=pat)
    consent = actions.audit(consent=consent, by=TheBroker())
    assert consent.state == State.AUDITED
    assert consent.findings[0]["weight"] == "remark"


def test_where_a_person_must_audit_nothing_is_live_before(settings):
    settings.BROKER_AUDIT_MODE = "person"
    operator = a_person("op@gatehouse.example", is_operator=True)
    consent, pat = a_pending_consent()
    consent = actions.approve(consent=consent, by=pat)
    assert consent.state == State.APPROVED
    assert not ProcrastinateJob.objects.filter(task_name="broker.audit_consent").exists()
    assert OperatorTask.objects.get().kind == OperatorTask.Kind.AUDIT
    with pytest.raises(NotAllowed):
        actions.audit(consent=consent, by=pat)
    assert actions.audit(consent=consent, by=operator).state == State.AUDITED


def test_authorising_again_needs_no_second_audit():
    school, pat = a_set_up_school()
    app = an_app()
    consent = a_live_consent(app, school, pat)
    actions.revoke(consent=consent, by=pat, reason="Changing supplier")
    actions.request_access(app=app, school=school, by=app)
    consent = actions.approve(consent=consent, by=pat)
    assert consent.state == State.AUDITED
    assert consent.reason == ""


def test_declining_needs_a_reason_and_tells_the_app():
    consent, pat = a_pending_consent()
    with pytest.raises(NotPossible):
        actions.decline(consent=consent, by=pat, reason="  ")
    consent = actions.decline(consent=consent, by=pat, reason="We use another service.")
    assert consent.state == State.DECLINED
    assert Delivery.objects.get().payload["decline_reason"] == "We use another service."
    assert "We use another service." in Letter.objects.filter(kind="receipt")[0].text


def test_revoking_ends_the_schools_tokens_and_permissions():
    school, pat = a_set_up_school()
    consent = a_live_consent(an_app(), school, pat)
    assert Token.objects.filter(school=school, revoked_at=None).count() == 1
    consent = actions.revoke(consent=consent, by=pat, reason="No longer used")
    assert consent.state == State.REVOKED
    assert not Token.objects.filter(school=school, revoked_at=None).exists()
    assert granted_identities(consent) == frozenset()


def test_a_school_new_to_the_broker_keeps_its_request_until_it_is_set_up():
    a_person("op@gatehouse.example", is_operator=True)
    elm = a_school("Elm Park School", 199777)
    app = an_app()
    consent = actions.request_access(app=app, school=elm, by=app, contacts=[{"first_name": "Eve"}])
    assert consent.state == State.WAITING_FOR_SETUP
    assert consent.state_on_wire == "pending"
    task = OperatorTask.objects.get(kind=OperatorTask.Kind.SET_UP_SCHOOL)
    assert Letter.objects.filter(kind="task").count() == 1
    assert actions.continue_waiting_requests(school=elm) == []
    publish(school=elm, roster=a_roster(), by=None)
    assert actions.continue_waiting_requests(school=elm) == []
    eve = an_administrator(elm, "eve@elm.example")
    actions.continue_waiting_requests(school=elm)
    consent.refresh_from_db()
    task.refresh_from_db()
    assert consent.state == State.PENDING
    assert task.completed_at is not None
    assert Letter.objects.get(kind="request").to == eve.email
    assert kinds(consent) == ["requested", "waiting_for_setup", "continued"]


def test_a_second_app_at_a_new_school_makes_no_second_task():
    elm = a_school("Elm Park School", 199777)
    for name in ("One", "Two"):
        app = an_app(name)
        actions.request_access(app=app, school=elm, by=app)
    assert OperatorTask.objects.count() == 1


def test_a_reminder_is_sent_but_not_twice_at_once():
    consent, _ = a_pending_consent()
    actions.remind(consent=consent, by=consent.app)
    with pytest.raises(NotPossible):
        actions.remind(consent=consent, by=consent.app)
    assert Letter.objects.filter(subject__startswith="Reminder").count() == 1


def test_while_a_school_is_set_up_the_reminder_goes_to_the_operators():
    a_person("op@gatehouse.example", is_operator=True)
    app = an_app()
    consent = actions.request_access(app=app, school=a_school("Elm Park School", 199777), by=app)
    actions.remind(consent=consent, by=app)
    letter = Letter.objects.get(subject__startswith="Reminder")
    assert (letter.to, letter.kind) == ("op@gatehouse.example", "task")


def test_nobody_is_reminded_of_what_is_decided():
    consent, pat = a_pending_consent()
    actions.decline(consent=consent, by=pat, reason="No")
    with pytest.raises(NotPossible):
        actions.remind(consent=consent, by=consent.app)


def test_a_step_that_fails_leaves_nothing_behind(monkeypatch):
    consent, pat = a_pending_consent()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("post office closed")

    monkeypatch.setattr(actions.letters, "give_receipt", fail)
    with pytest.raises(RuntimeError):
        actions.approve(consent=consent, by=pat)
    consent.refresh_from_db()
    assert consent.state == State.PENDING
    assert not ConsentEvent.objects.filter(kind="approved").exists()
    assert not Token.objects.filter(school=consent.school).exists()
    assert not Delivery.objects.exists()


def test_a_letter_is_sent_once_and_its_text_forgotten(mailoutbox):
    a_pending_consent()
    letter = Letter.objects.get(kind="request")
    send_letter(letter_id=str(letter.pk))
    send_letter(letter_id=str(letter.pk))
    assert [message.to for message in mailoutbox] == [[letter.to]]
    letter.refresh_from_db()
    assert (letter.text, letter.html) == ("", "")
    assert letter.sent_at is not None


def test_job_arguments_hold_no_personal_data():
    consent, pat = a_pending_consent()
    actions.approve(consent=consent, by=pat)
    for job in ProcrastinateJob.objects.all():
        assert set(job.args) <= {"letter_id", "delivery_id", "consent_id", "timestamp"}
        assert "@" not in str(job.args)


def test_an_invitation_works_once_and_makes_an_administrator():
    operator = a_person("op@gatehouse.example", is_operator=True)
    elm = a_school("Elm Park School", 199777)
    invite_administrator(school=elm, email="Eve@elm.example", by=operator, first_name="Eve")
    text = Letter.objects.get(kind="invitation").text
    start = invitation_link("x")[:-2]
    token = text.partition(start)[2].split("/")[0]
    eve = accept_invitation(token=token, password="long enough here", first_name="Eve", last_name="Elm")
    assert eve.email == "eve@elm.example"
    assert eve.check_password("long enough here")
    assert eve.administrations.get().school == elm
    with pytest.raises(NotPossible):
        accept_invitation(token=token, password="another one here", first_name="X", last_name="Y")


def test_no_administrator_is_added_behind_the_others_backs():
    consent, pat = a_pending_consent()
    operator = a_person("op@gatehouse.example", is_operator=True)
    invite_administrator(school=consent.school, email="new@else.example", by=operator)
    told = Letter.objects.get(kind="invited")
    assert told.to == pat.email
    assert "new@else.example" in told.text


def test_a_stranger_cannot_invite():
    elm = a_school("Elm Park School", 199777)
    with pytest.raises(NotAllowed):
        invite_administrator(school=elm, email="x@elm.example", by=a_person("stranger@else.example"))
