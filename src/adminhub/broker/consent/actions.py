"""What can happen to a consent. Every step writes its history in the same transaction and tells whom it concerns."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from adminhub.broker.apps.actions import issue_token
from adminhub.broker.apps.models import App, AppPermission, Token
from adminhub.broker.consent import history, letters
from adminhub.broker.consent.access import Choice, access_in_force, reach, strangers
from adminhub.broker.consent.actors import Actor, TheBroker, name_of
from adminhub.broker.consent.audit import Finding, find, is_sound
from adminhub.broker.consent.erasing import let_lapse, open_erasure
from adminhub.broker.consent.models import AccessRule, Consent, ConsentEvent, ConsentPermission, OperatorTask
from adminhub.broker.consent.queries import what_is_missing
from adminhub.broker.consent.tasks import audit_consent
from adminhub.broker.directory.actions import may_decide
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import SourceUpload
from adminhub.broker.sources.queries import facts
from adminhub.broker.webhooks.actions import announce

State = Consent.State
Kind = ConsentEvent.Kind
REMINDER_AFTER = timedelta(minutes=1)


@transaction.atomic
def request_access(
    *, app: App, school: School, by: App | User, contacts: Sequence[dict[str, Any]] = ()
) -> Consent:
    """Ask a school for access on behalf of an app. Asking again while the answer is open changes nothing.

    A test school, of invented people, says yes by itself to everything. A school that is not set up yet keeps the
    request, and the operators get a task and a letter. Raises NotPossible for an app that is not released.
    """
    if app.released_at is None and not school.is_test:
        raise NotPossible(
            f"{app} may ask test schools only, until an operator releases it. Nothing was asked."
        )
    now = timezone.now()
    consent, is_new = Consent.objects.select_for_update().get_or_create(
        app=app, school=school, defaults={"state": State.PENDING, "requested_at": now}
    )
    if not is_new and (consent.is_waiting_for_school or consent.is_approved):
        return consent
    consent.contacts = list(contacts)
    consent.requested_at = now
    consent.reminded_at = consent.decided_at = consent.decided_by = None
    consent.decided_by_name = consent.reason = ""
    consent.state = State.PENDING
    _list_permissions(consent)
    _note(consent, Kind.REQUESTED, by)
    if school.is_test:
        _approve_by_itself(consent)
    elif what_is_missing(school):
        _wait_for_setup(consent)
    else:
        letters.ask_administrators(consent)
    consent.save()
    return consent


@transaction.atomic
def ask_anew(*, app: App, changed: Collection[AppPermission], by: User) -> None:
    """Put what the app newly asks for, or now says otherwise, before every school that has approved it.

    Nothing more is given until a school has decided, and what it had allowed goes on meanwhile.
    """
    if not changed:
        return
    what = "; ".join(permission.plain for permission in changed)
    for consent in (
        Consent.objects.select_for_update(of=("self",)).filter(app=app).select_related("school", "app")
    ):
        _list_permissions(consent)
        consent.permissions.filter(permission__in=changed).update(decided_at=None)
        if consent.is_approved:
            _note(consent, Kind.ASKED_ANEW, by, reason=what)
            letters.ask_for_review(consent, what)


def _list_permissions(consent: Consent) -> None:
    """One row for every permission the app declares now, not allowed until somebody allows it."""
    known = set(consent.permissions.values_list("permission_id", flat=True))
    ConsentPermission.objects.bulk_create(
        ConsentPermission(consent=consent, permission=permission)
        for permission in AppPermission.objects.filter(app_id=consent.app_id, withdrawn_at=None)
        if permission.pk not in known
    )


def _wait_for_setup(consent: Consent) -> None:
    consent.state = State.WAITING_FOR_SETUP
    _note(consent, Kind.WAITING_FOR_SETUP, TheBroker(), missing=what_is_missing(consent.school))
    task, is_new = OperatorTask.objects.get_or_create(
        kind=OperatorTask.Kind.SET_UP_SCHOOL,
        school=consent.school,
        consent=None,
        completed_at=None,
        defaults={"opened_at": timezone.now()},
    )
    if is_new:
        letters.tell_operators(task, consent)


@transaction.atomic
def remind(*, consent: Consent, by: Actor) -> Consent:
    """Remind whoever it waits for: the school's administrators, or the operators while it is being set up.

    Raises NotPossible when nobody is waited for, or too soon.
    """
    consent = _locked(consent)
    if not consent.is_waiting_for_school:
        raise NotPossible(f"There is nothing to remind of: the state is “{consent.get_state_display()}”.")
    now = timezone.now()
    if consent.reminded_at is not None and now - consent.reminded_at < REMINDER_AFTER:
        raise NotPossible("A reminder was sent a moment ago. No other was sent.")
    consent.reminded_at = now
    _note(consent, Kind.REMINDED, by)
    if consent.state == State.PENDING:
        letters.ask_administrators(consent, is_reminder=True)
    else:
        for task in OperatorTask.objects.filter(
            kind=OperatorTask.Kind.SET_UP_SCHOOL, school=consent.school, completed_at=None
        ):
            letters.tell_operators(task, consent, is_reminder=True)
    consent.save()
    return consent


@transaction.atomic
def approve(*, consent: Consent, by: User, granted: Collection[str] = ()) -> Consent:
    """Allow the app its required permissions and the optional ones in `granted` (identities).

    A connection that was audited before is live at once; another is audited first. Raises NotAllowed, NotPossible.
    """
    consent = _locked(consent)
    _must_decide(consent, by)
    if consent.state != State.PENDING:
        raise NotPossible(f"Nothing was approved: the state is “{consent.get_state_display()}”.")
    _decide_permissions(consent, granted)
    _note_decision(consent, by, reason="")
    _begin(consent, by=by)
    letters.give_receipt(consent, "approved")
    if consent.audited_at is not None:
        _go_live(consent, by=TheBroker(), findings=[])
    else:
        _start_audit(consent)
    consent.save()
    return consent


def approve_several(
    *, consents: Sequence[Consent], by: User, granted: Callable[[Consent], Collection[str]]
) -> list[tuple[Consent, str]]:
    """Approve one app at several schools, each for itself: one that cannot be approved holds up no other.

    Returns each with what kept it from being approved, "" when it was.
    """
    outcomes = []
    for consent in consents:
        try:
            outcomes.append((approve(consent=consent, by=by, granted=granted(consent)), ""))
        except (NotAllowed, NotPossible) as refusal:
            outcomes.append((consent, str(refusal)))
    return outcomes


def _approve_by_itself(consent: Consent) -> None:
    _decide_permissions(consent, set(consent.permissions.values_list("permission__identity", flat=True)))
    _note_decision(consent, TheBroker(), reason="")
    _begin(consent, by=TheBroker())
    audit_consent.defer(consent_id=consent.pk)


def _begin(consent: Consent, *, by: Actor) -> None:
    """Approved: the app gets its token for the school."""
    consent.state = State.APPROVED
    let_lapse(consent)
    _note(consent, Kind.APPROVED, by, permissions=_allowed(consent))
    token = issue_token(app=consent.app, school=consent.school, label=f"{consent.school} (approval)")
    announce(app=consent.app, school=consent.school, payload_type="schoolApproved", school_token=token)


@transaction.atomic
def update_permissions(*, consent: Consent, by: User, granted: Collection[str]) -> Consent:
    """Change which optional permissions an approved app has; newly required ones are allowed with it."""
    consent = _locked(consent)
    _must_decide(consent, by)
    if not consent.is_approved:
        raise NotPossible(f"Nothing was changed: the state is “{consent.get_state_display()}”.")
    _list_permissions(consent)
    _decide_permissions(consent, granted)
    _note(consent, Kind.PERMISSIONS_UPDATED, by, permissions=_allowed(consent))
    letters.give_receipt(consent, "permissions_updated", by_name=name_of(by))
    consent.save()
    return consent


@transaction.atomic
def change_access(*, consent: Consent, by: User, choice: Choice, instead_of: int | None) -> AccessRule | None:
    """Say whom the app may see, from the next request on. None: the choice is the one in force already.

    `instead_of` is the rule the person looked at (None: everyone). Raises NotAllowed; NotPossible when another
    administrator has changed it meanwhile, when it names somebody who is not at the school, or leaves nobody named.
    """
    consent = _locked(consent)
    _must_decide(consent, by)
    if consent.access_rule_id != instead_of:
        raise NotPossible("Somebody else has changed this meanwhile. Nothing was changed. Look at it again.")
    if not choice.is_everyone and choice.names_nobody:
        raise NotPossible("Nothing was changed: nobody was chosen. Choose people or groups, or “Everyone”.")
    with school_scope(consent.school_id):
        before = access_in_force(consent)
        if choice == before or (choice.is_everyone and before.is_everyone):
            return None
        if strangers(choice):
            raise NotPossible("Nothing was changed: somebody chosen is not at this school any more.")
        rule = _keep_rule(consent, choice, by)
        seen = reach(choice)
        history.change(consent, before=before, after=choice)
    consent.access_rule = rule
    consent.shared_otherwise_at = rule.at
    _note(consent, Kind.ACCESS_CHANGED, by, mode=rule.mode, reach=asdict(seen))
    letters.give_receipt(consent, "access_changed", by_name=name_of(by), reach=seen)
    consent.save()
    return rule


def _keep_rule(consent: Consent, choice: Choice, by: User) -> AccessRule:
    rule: AccessRule = AccessRule.objects.create(
        school_id=consent.school_id,
        consent=consent,
        mode=choice.mode,
        pupils=sorted(choice.pupils),
        employees=sorted(choice.employees),
        groups=sorted(choice.groups),
        has_all_pupils=choice.has_all_pupils,
        has_all_employees=choice.has_all_employees,
        at=timezone.now(),
        by=by,
        by_name=name_of(by),
    )
    return rule


@transaction.atomic
def decline(*, consent: Consent, by: User, reason: str) -> Consent:
    """Say no to a request, with a reason the app is told. Raises NotAllowed, NotPossible."""
    consent = _locked(consent)
    _must_decide(consent, by)
    if not consent.is_waiting_for_school:
        raise NotPossible(f"Nothing was declined: the state is “{consent.get_state_display()}”.")
    if not reason.strip():
        raise NotPossible("Nothing was declined: please say why, so that the app's people know what to do.")
    _note_decision(consent, by, reason=reason.strip())
    consent.state = State.DECLINED
    _note(consent, Kind.DECLINED, by, reason=consent.reason)
    announce(
        app=consent.app, school=consent.school, payload_type="accessDeclined", decline_reason=consent.reason
    )
    letters.give_receipt(consent, "declined")
    _close_tasks(consent)
    consent.save()
    return consent


@transaction.atomic
def revoke(*, consent: Consent, by: User | App, reason: str = "") -> Consent:
    """End access, or withdraw the request, at once: by the school's administrator or by the app itself.

    What the app could read it must delete, and confirm that it has (`erasing`).
    """
    consent = _locked(consent)
    if isinstance(by, App):
        if by.pk != consent.app_id:
            raise NotAllowed("An app can end its own access only. Nothing was revoked.")
    else:
        _must_decide(consent, by)
    if consent.state in (State.REVOKED, State.DECLINED):
        raise NotPossible(f"Nothing was revoked: the state is “{consent.get_state_display()}”.")
    _note_decision(consent, by, reason=reason.strip())
    erasure = open_erasure(consent, permissions=_allowed(consent))
    consent.state = State.REVOKED
    consent.permissions.update(is_approved=False, decided_at=timezone.now(), allowed_since=None)
    Token.objects.filter(app=consent.app, school=consent.school, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    _note(consent, Kind.REVOKED, by, reason=consent.reason)
    duty = {"delete_by": erasure.due_on.isoformat()} if erasure is not None else {}
    announce(
        app=consent.app,
        school=consent.school,
        payload_type="accessRevoked",
        revoke_reason=consent.reason,
        **duty,
    )
    letters.give_receipt(consent, "revoked", erasure=erasure)
    _close_tasks(consent)
    consent.save()
    return consent


@transaction.atomic
def audit(*, consent: Consent, by: TheBroker | User) -> Consent:
    """Check the school's data and, if it is sound, let the connection go live. Raises NotAllowed.

    By the broker itself, or by an operator (to try again, or where a person is required). Does nothing to a
    consent that is not waiting for an audit.
    """
    if isinstance(by, User) and not by.is_operator:
        raise NotAllowed("Only an operator can check a connection. Nothing was changed.")
    consent = _locked(consent)
    if consent.state not in (State.APPROVED, State.AUDIT_FAILED):
        return consent
    findings = find(facts(consent.school))
    if is_sound(findings):
        _go_live(consent, by=by, findings=findings)
    else:
        _fail_audit(consent, by=by, findings=findings)
    consent.save()
    return consent


@transaction.atomic
def pass_audit(*, consent: Consent, by: User, reason: str) -> Consent:
    """Let the connection go live on an operator's word, whatever the checks find. Raises NotAllowed, NotPossible."""
    consent = _locked_for_verdict(consent, by, reason)
    findings = [*find(facts(consent.school)), Finding("person", "passed", reason.strip())]
    _go_live(consent, by=by, findings=findings)
    consent.save()
    return consent


@transaction.atomic
def fail_audit(*, consent: Consent, by: User, reason: str) -> Consent:
    """Stop the connection on an operator's word, whatever the checks find. Raises NotAllowed, NotPossible."""
    consent = _locked_for_verdict(consent, by, reason)
    findings = [
        *find(facts(consent.school)),
        Finding("person", "problem", reason.strip()),
    ]
    _fail_audit(consent, by=by, findings=findings)
    consent.save()
    return consent


def _locked_for_verdict(consent: Consent, by: User, reason: str) -> Consent:
    if not by.is_operator:
        raise NotAllowed("Only an operator can check a connection. Nothing was changed.")
    if not reason.strip():
        raise NotPossible("Nothing was changed: please say why, so that the school knows what to do.")
    consent = _locked(consent)
    if consent.state not in (State.APPROVED, State.AUDIT_FAILED):
        raise NotPossible(f"Nothing was changed: the state is “{consent.get_state_display()}”.")
    return consent


def _start_audit(consent: Consent) -> None:
    if settings.BROKER_AUDIT_MODE != "person":
        audit_consent.defer(consent_id=consent.pk)
        return
    task, is_new = OperatorTask.objects.get_or_create(
        kind=OperatorTask.Kind.AUDIT,
        school=consent.school,
        consent=consent,
        completed_at=None,
        defaults={"opened_at": timezone.now()},
    )
    if is_new:
        letters.tell_operators(task, consent)


def _go_live(consent: Consent, *, by: Actor, findings: list[Finding]) -> None:
    consent.state = State.AUDITED
    consent.audited_at = consent.audited_at or timezone.now()
    if findings:
        consent.findings = [finding.as_json() for finding in findings]
    with school_scope(consent.school_id):
        history.begin(consent)
    _note(consent, Kind.AUDITED, by, findings=consent.findings)
    _announce_audit(consent)
    _close_tasks(consent)


def _fail_audit(consent: Consent, *, by: Actor, findings: list[Finding]) -> None:
    consent.state = State.AUDIT_FAILED
    consent.findings = [finding.as_json() for finding in findings]
    _note(consent, Kind.AUDIT_FAILED, by, findings=consent.findings)
    _announce_audit(consent)
    task, is_new = OperatorTask.objects.get_or_create(
        kind=OperatorTask.Kind.LOOK_AT_AUDIT,
        school=consent.school,
        consent=consent,
        completed_at=None,
        defaults={"opened_at": timezone.now()},
    )
    if is_new:
        letters.tell_operators(task, consent)


def _announce_audit(consent: Consent) -> None:
    announce(
        app=consent.app,
        school=consent.school,
        payload_type="schoolAudited",
        state=consent.state,
        findings=consent.findings,
    )


@transaction.atomic
def tell_of_new_data(*, school: School) -> None:
    """Tell every app that reads the school that its data is otherwise now: ours, `schoolDataChanged`, a hint only."""
    for consent in Consent.objects.filter(school=school, state=State.AUDITED).select_related("app"):
        announce(app=consent.app, school=school, payload_type="schoolDataChanged")


def go_on_after(upload: SourceUpload, *, school: School) -> None:
    """What an export that came means for apps: requests that waited for data go on, and readers hear of new data."""
    continue_waiting_requests(school=school)
    if upload.outcome == SourceUpload.Outcome.PUBLISHED:
        history.note_new_data(school=school)
        tell_of_new_data(school=school)


@transaction.atomic
def continue_waiting_requests(*, school: School) -> list[Consent]:
    """Once the school has a working source and an administrator, put the kept requests to its administrators.

    Also tries failed audits again, as the data may be better now. Harmless to call at any time.
    """
    if what_is_missing(school):
        return []
    waiting = Consent.objects.select_for_update().filter(school=school, state=State.WAITING_FOR_SETUP)
    continued = list(waiting.select_related(None))
    for consent in continued:
        consent.state = State.PENDING
        _note(consent, Kind.CONTINUED, TheBroker())
        letters.ask_administrators(consent)
        consent.save()
    OperatorTask.objects.filter(
        school=school, kind=OperatorTask.Kind.SET_UP_SCHOOL, completed_at=None
    ).update(completed_at=timezone.now())
    if settings.BROKER_AUDIT_MODE != "person":
        for consent in Consent.objects.filter(school=school, state=State.AUDIT_FAILED):
            audit_consent.defer(consent_id=consent.pk)
    return continued


@transaction.atomic
def note_on_task(*, task: OperatorTask, by: User, note: str) -> OperatorTask:
    """Add a dated line to the task: that the school was contacted, and what was agreed. Raises NotAllowed."""
    if not by.is_operator:
        raise NotAllowed("Only an operator can write on a task. Nothing was changed.")
    task = OperatorTask.objects.select_for_update().get(pk=task.pk)
    now = timezone.localtime()
    line = f"{now:%d %B %Y, %H:%M}, {name_of(by)}: {note.strip()}"
    task.note = f"{task.note}\n{line}".strip()
    task.save()
    return task


def _locked(consent: Consent) -> Consent:
    return Consent.objects.select_for_update(of=("self",)).select_related("app", "school").get(pk=consent.pk)


def _must_decide(consent: Consent, by: User) -> None:
    """Nobody but an administrator of this school decides: not an operator, not the app, not another school's.

    An operator who is made an administrator, perhaps by an invitation of their own, stays an operator.
    """
    if not isinstance(by, User) or by.is_operator or not may_decide(user=by, school=consent.school):
        raise NotAllowed(
            f"Only an administrator of {consent.school} who is not read-only can decide this. Nothing was changed."
        )


def _decide_permissions(consent: Consent, granted: Collection[str]) -> None:
    now = timezone.now()
    wanted = set(granted)
    rows = list(consent.permissions.select_related("permission"))
    for row in rows:
        asked = row.permission
        was_approved = row.is_approved
        row.is_approved = asked.withdrawn_at is None and (not asked.is_optional or asked.identity in wanted)
        row.decided_at = now
        if row.is_approved != was_approved:
            row.allowed_since = now if row.is_approved else None
            if consent.audited_at is not None:  # before that nobody has read anything
                consent.shared_otherwise_at = now
    ConsentPermission.objects.bulk_update(rows, ["is_approved", "decided_at", "allowed_since"])


def _allowed(consent: Consent) -> list[str]:
    rows = consent.permissions.filter(is_approved=True).select_related("permission")
    return [row.permission.identity for row in rows]


def _note_decision(consent: Consent, by: Actor, *, reason: str) -> None:
    consent.decided_at = timezone.now()
    consent.decided_by = by if isinstance(by, User) else None
    consent.decided_by_name = name_of(by)
    consent.reason = reason


def _note(consent: Consent, kind: ConsentEvent.Kind, by: Actor, **detail: Any) -> None:
    ConsentEvent.objects.create(
        consent=consent,
        kind=kind,
        at=timezone.now(),
        by_user=by if isinstance(by, User) else None,
        by_app=by if isinstance(by, App) else None,
        by_name=name_of(by),
        detail=detail,
    )


def _close_tasks(consent: Consent) -> None:
    OperatorTask.objects.filter(consent=consent, completed_at=None).update(completed_at=timezone.now())
