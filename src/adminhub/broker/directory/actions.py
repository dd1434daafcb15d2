"""Adding schools and the people who act for them."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.letters import post
from adminhub.broker.directory.links import invitation_link
from adminhub.broker.directory.models import (
    Invitation,
    Responsibility,
    School,
    SchoolAdministrator,
    SchoolEvent,
    User,
    broker_id_from,
)
from adminhub.broker.directory.queries import administrators_of


def add_school(*, name: str, urn: int | None = None, **fields: Any) -> School:
    """Put a school into the directory, or bring its entry up to date (found by URN, else by name and DfE number).

    Its broker id comes from its URN, so that it is the same wherever the directory is built again.
    """
    seed = str(urn) if urn else f"{name}|{fields.get('la_code', '')}|{fields.get('establishment_number', '')}"
    known = (
        School.objects.filter(urn=urn).first() if urn else School.objects.filter(name=name, urn=None).first()
    )
    if known is not None:
        for field, value in {"name": name, **fields}.items():
            setattr(known, field, value)
        known.save()
        return known
    for attempt in range(20):
        broker_id = broker_id_from(f"{seed}#{attempt}" if attempt else seed)
        try:
            with transaction.atomic():
                return School.objects.create(broker_id=broker_id, name=name, urn=urn, **fields)
        except IntegrityError:
            if not School.objects.filter(broker_id=broker_id).exists():
                raise
    raise NotPossible(f"No free id was found for the school with URN {urn}. It was not added.")


@transaction.atomic
def add_administrator(*, school: School, user: User, is_read_only: bool = False) -> SchoolAdministrator:
    """Let a known person act for a school. Used by set-up and by accepting an invitation."""
    administrator, _ = SchoolAdministrator.objects.update_or_create(
        school=school, user=user, defaults={"is_read_only": is_read_only}
    )
    return administrator


@transaction.atomic
def invite_administrator(
    *,
    school: School,
    email: str,
    by: User,
    first_name: str = "",
    last_name: str = "",
    position: str = "",
    is_read_only: bool = False,
) -> Invitation:
    """Offer somebody to act for a school, by a letter with a link that works once, for two weeks.

    An operator may invite for any school, an administrator for their own. The school's other administrators are
    told, so that nobody is added behind their backs. An earlier open invitation of the same address is withdrawn.
    Raises NotAllowed.
    """
    if not (by.is_operator or may_decide(user=by, school=school)):
        raise NotAllowed(f"Only an administrator of {school} or an operator can invite. Nobody was invited.")
    address = email.strip().lower()
    open_ones = Invitation.objects.filter(school=school, email=address, accepted_at=None, withdrawn_at=None)
    open_ones.update(withdrawn_at=timezone.now())
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        token_hash=_hash(token),
        school=school,
        email=address,
        first_name=first_name,
        last_name=last_name,
        position=position,
        is_read_only=is_read_only,
        invited_by=by,
    )
    role = "a read-only administrator" if is_read_only else "an administrator"
    note_school(school, f"{address} was invited as {role}.", by=by)
    post(
        to=[address],
        kind="invitation",
        subject=f"Act for {school}: your invitation",
        context={"invitation": invitation, "school": school, "link": invitation_link(token)},
    )
    post(
        to=[user.email for user in administrators_of(school).exclude(email=address)],
        kind="invited",
        subject=f"{school}: somebody was invited as an administrator",
        context={"invitation": invitation, "school": school},
    )
    return invitation


def find_invitation(token: str) -> Invitation | None:
    """The open invitation behind a link, or None when there is none (any more)."""
    invitation = Invitation.objects.select_related("school").filter(token_hash=_hash(token)).first()
    return invitation if invitation is not None and invitation.is_open else None


@transaction.atomic
def invite_developer(*, email: str, by: User) -> Invitation:
    """Offer somebody to register apps, by a letter with a link that works once. Raises NotAllowed."""
    if not by.is_operator:
        raise NotAllowed("Only an operator can invite a developer. Nobody was invited.")
    address = email.strip().lower()
    Invitation.objects.filter(school=None, email=address, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(token_hash=_hash(token), school=None, email=address, invited_by=by)
    post(
        to=[address],
        kind="developer_invitation",
        subject=f"Register your app with {settings.BROKER_NAME}: your invitation",
        context={"invitation": invitation, "link": invitation_link(token)},
    )
    return invitation


@transaction.atomic
def accept_invitation(
    *, token: str, password: str, first_name: str, last_name: str, position: str = ""
) -> User:
    """Make the invited person an administrator, or a developer. Raises NotPossible when the link no longer works.

    Somebody who has a log-in already keeps its password and names: the link alone must not change them.
    """
    invitation = find_invitation(token)
    if invitation is None:
        raise NotPossible("This invitation has been used, withdrawn or has run out. Ask for a new one.")
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())
    user = User.objects.filter(email=invitation.email).first()
    if user is None:
        user = User.objects.create_user(
            invitation.email, password, first_name=first_name, last_name=last_name, position=position
        )
    if invitation.school is None:
        User.objects.filter(pk=user.pk).update(is_developer=True)
        return user
    note_school(invitation.school, f"{user.full_name} accepted the invitation.", by=user)
    add_administrator(school=invitation.school, user=user, is_read_only=invitation.is_read_only)
    return user


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    """Make the link in the letter useless. Raises NotAllowed."""
    if invitation.school is None:
        raise NotAllowed("A developer's invitation runs out by itself. Nothing was changed.")
    _must_act_for(invitation.school, by)
    found = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if found.update(withdrawn_at=timezone.now()):
        note_school(invitation.school, f"The invitation of {invitation.email} was withdrawn.", by=by)


@transaction.atomic
def change_administrator(
    *, administrator: SchoolAdministrator, by: User, is_read_only: bool, responsible_for: Sequence[str]
) -> SchoolAdministrator:
    """Say what somebody may and is responsible for at a school. Raises NotAllowed, NotPossible."""
    school = administrator.school
    _must_act_for(school, by)
    locked = _locked_administrators(school)
    administrator = next(one for one in locked if one.pk == administrator.pk)
    if is_read_only:
        _must_leave_a_decider(locked, without=administrator)
    before = (administrator.is_read_only, administrator.responsible_for)
    administrator.is_read_only = is_read_only
    administrator.responsible_for = [key for key in Responsibility.values if key in responsible_for]
    if (administrator.is_read_only, administrator.responsible_for) == before:
        return administrator
    administrator.save(update_fields=["is_read_only", "responsible_for"])
    may = "may look only" if is_read_only else "may decide"
    duties = f", responsible for {', '.join(administrator.responsibilities)}" if responsible_for else ""
    _tell_of_change(school, f"{administrator.user.full_name} {may}{duties}.", by=by)
    return administrator


@transaction.atomic
def remove_administrator(*, administrator: SchoolAdministrator, by: User) -> None:
    """End somebody's acting for a school, at once; their log-in stays. Raises NotAllowed, NotPossible."""
    school = administrator.school
    _must_act_for(school, by)
    _must_leave_a_decider(_locked_administrators(school), without=administrator)
    SchoolAdministrator.objects.filter(pk=administrator.pk).delete()
    sentence = f"{administrator.user.full_name} does not act for the school any more."
    _tell_of_change(school, sentence, by=by, also=administrator.user.email)


@transaction.atomic
def ask_for_second_factor(*, school: School, is_needed: bool, by: User) -> School:
    """Let nobody open the school's pages with a password alone, or let them again. Raises NotAllowed."""
    _must_act_for(school, by)
    if school.needs_second_factor != is_needed:
        school.needs_second_factor = is_needed
        school.save(update_fields=["needs_second_factor", "updated_at"])
        does = "asks" if is_needed else "does not ask"
        _tell_of_change(school, f"The school {does} its administrators for a second factor.", by=by)
    return school


def note_school(school: School, what: str, *, by: User) -> None:
    """Keep one sentence in the school's history."""
    SchoolEvent.objects.create(school=school, by=by, by_name=by.full_name_and_position, what=what[:400])


def _tell_of_change(school: School, what: str, *, by: User, also: str = "") -> None:
    note_school(school, what, by=by)
    post(
        to=[*(user.email for user in administrators_of(school)), also],
        kind="administrators_changed",
        subject=f"{school}: who acts for the school has changed",
        context={"school": school, "what": what, "by_name": by.full_name_and_position},
    )


def _must_act_for(school: School, by: User) -> None:
    if not (by.is_operator or may_decide(user=by, school=school)):
        raise NotAllowed(
            f"Only an administrator of {school} who is not read-only can do this. Nothing was changed."
        )


def _locked_administrators(school: School) -> list[SchoolAdministrator]:
    return list(
        SchoolAdministrator.objects.select_for_update(of=("self",))
        .filter(school=school)
        .select_related("user", "school")
    )


def _must_leave_a_decider(administrators: list[SchoolAdministrator], *, without: SchoolAdministrator) -> None:
    others = [one for one in administrators if one.pk != without.pk]
    if not any(one.user.is_active and not one.is_read_only for one in others):
        raise NotPossible("Nothing was changed: somebody must be left who can decide. Invite another first.")


def may_decide(*, user: User, school: School) -> bool:
    """Whether this person may decide for this school: an active administrator of it who is not read-only."""
    return (
        user.is_active
        and SchoolAdministrator.objects.filter(user=user, school=school, is_read_only=False).exists()
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
