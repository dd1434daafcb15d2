"""After access has ended: what the app must delete, and its signed word that it has."""

import json
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from adminhub.broker.consent.actions import approve, request_access, revoke
from adminhub.broker.consent.erasing import (
    confirm_deletion,
    facts_to_delete,
    remind_of_deletions,
    seal_of,
)
from adminhub.broker.consent.models import Consent, Erasure
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import Letter, User
from adminhub.broker.webhooks.models import Delivery
from adminhub.broker.webhooks.tasks import signature
from tests.unit.broker.cast import a_live_consent, a_set_up_school, a_token, an_app

pytestmark = pytest.mark.django_db
WORD = {"name": "Dee Okoro", "position": "Data protection officer", "statement": "All records, backups too."}


def a_revoked_connection() -> tuple[Consent, User]:
    school, pat = a_set_up_school()
    consent = a_live_consent(an_app(), school, pat)
    return revoke(consent=consent, by=pat, reason="The contract has ended"), pat


def confirm(consent: Consent, *, key: str = "whisper", age: int = 0) -> object:
    body = json.dumps(WORD).encode()
    return Client().post(
        f"/v1.0/schools/{consent.school.broker_id}/confirm-deletion",
        body,
        content_type="application/json",
        headers={
            "authorization": f"Bearer {a_token(consent.app)}",
            "x-app-signature": signature(secret=key, body=body, at=int(time.time()) - age),
        },
    )


def test_revoking_says_what_must_be_deleted_and_by_when():
    consent, pat = a_revoked_connection()
    erasure = consent.erasures.get()
    assert erasure.is_open
    assert not erasure.is_overdue
    assert (erasure.pupils, erasure.employees) == (40, 6)
    assert "Pupils' dates of birth" in {fact.plain for fact in facts_to_delete(erasure)}
    receipt = Letter.objects.filter(kind="receipt", to=pat.email, subject__contains="revoked").get()
    assert "It must delete what it holds by" in receipt.text
    told = Delivery.objects.get(payload_type="accessRevoked")
    assert told.payload["delete_by"] == erasure.due_on.isoformat()


def test_an_app_that_never_read_anything_has_nothing_to_delete():
    school, pat = a_set_up_school()
    app = an_app()
    consent = revoke(consent=request_access(app=app, school=school, by=app), by=pat, reason="A mistake")
    assert not consent.erasures.exists()


def test_the_apps_signed_word_is_kept_sealed_and_the_school_is_told():
    consent, pat = a_revoked_connection()
    answer = confirm(consent)
    assert answer.status_code == 200, answer.content
    erasure = consent.erasures.get()
    assert not erasure.is_open
    assert erasure.signed_by == "Dee Okoro, Data protection officer"
    assert answer.json()["seal"] == erasure.seal == seal_of(erasure)
    letter = Letter.objects.get(kind="deletion_confirmed", to=pat.email)
    assert "All records, backups too." in letter.text
    assert consent.events.last().kind == "deletion_confirmed"
    assert confirm(consent).status_code == 422


@pytest.mark.parametrize("how", [{"key": "guessed"}, {"age": 3600}])
def test_a_word_that_is_not_signed_just_now_confirms_nothing(how):
    consent, _ = a_revoked_connection()
    assert confirm(consent, **how).status_code == 422
    assert consent.erasures.get().is_open


def test_a_changed_word_no_longer_fits_its_seal():
    consent, _ = a_revoked_connection()
    confirm(consent)
    Erasure.objects.update(statement="Most records.")
    erasure = consent.erasures.get()
    assert seal_of(erasure) != erasure.seal


def test_another_app_confirms_nothing():
    consent, _ = a_revoked_connection()
    with pytest.raises(NotAllowed):
        confirm_deletion(consent=consent, by=an_app("Other"), signed_by="Eve", statement="Done")
    with pytest.raises(NotPossible, match="say who"):
        confirm_deletion(consent=consent, by=consent.app, signed_by=" ", statement="Done")
    assert consent.erasures.get().is_open


def test_approving_again_lets_the_duty_lapse_and_revoking_again_brings_a_new_one():
    consent, pat = a_revoked_connection()
    request_access(app=consent.app, school=consent.school, by=consent.app)
    approve(consent=consent, by=pat)
    assert not consent.erasures.get().is_open
    revoke(consent=consent, by=pat, reason="Again")
    assert [erasure.is_open for erasure in consent.erasures.all()] == [True, False]


def test_a_request_withdrawn_after_an_erasure_leaves_the_duty_as_it_was():
    consent, pat = a_revoked_connection()
    request_access(app=consent.app, school=consent.school, by=consent.app)
    revoke(consent=consent, by=pat, reason="No")
    assert consent.erasures.get().is_open


def test_the_app_is_reminded_before_and_the_school_after_the_day():
    consent, pat = a_revoked_connection()
    assert remind_of_deletions() == 0
    today = timezone.localdate()
    consent.erasures.update(due_on=today + timedelta(days=3))
    assert remind_of_deletions() == 1
    assert remind_of_deletions() == 0
    assert {letter.to for letter in Letter.objects.filter(kind="deletion_due")} == {"data@oakfield.example"}
    consent.erasures.update(due_on=today - timedelta(days=1), reminded_at=None)
    remind_of_deletions()
    assert pat.email in {letter.to for letter in Letter.objects.filter(kind="deletion_due")}
