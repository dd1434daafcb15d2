"""Who is calling: the app behind a token, in every form in which clients send one (wonde-api §1)."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from adminhub.broker.api.errors import Forbidden, InvalidToken, NotFound, TooMany
from adminhub.broker.api.pace import Pace
from adminhub.broker.api.view import EVERYONE, View
from adminhub.broker.apps.actions import hash_of
from adminhub.broker.apps.models import App, Token
from adminhub.broker.consent.access import access_in_force
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import consent_and_granted
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope

USE_NOTED_EVERY = timedelta(minutes=1)
_WHY_NOT = {
    Consent.State.PENDING: "The school has not decided yet.",
    Consent.State.WAITING_FOR_SETUP: "The school is new to us and is being set up.",
    Consent.State.APPROVED: "The school has approved; the connection is being checked and will be live soon.",
    Consent.State.AUDIT_FAILED: "The school has approved, but the checks of its data failed; we are looking into it.",
    Consent.State.DECLINED: "The school has declined access.",
    Consent.State.REVOKED: "Access to this school was revoked. Delete what you hold of it.",
}
pace = Pace()


@dataclass(frozen=True, slots=True)
class Caller:
    """An app, with a token for all its schools or for one."""

    app: App
    token: Token

    def may_name(self, school: School) -> bool:
        """A school's own token is about that school only."""
        return self.token.school_id is None or self.token.school_id == school.pk


def caller_of(request: HttpRequest) -> Caller:
    """Raises InvalidToken when there is no live token, TooMany when it is used too fast."""
    text = _token_in(request.headers.get("Authorization", ""))
    if not text:
        raise InvalidToken("Send a token as “Authorization: Bearer <token>”.")
    token = Token.objects.select_related("app").filter(token_hash=hash_of(text)).first()
    if token is None or not token.is_live or not token.app.is_active:
        raise InvalidToken("This token is unknown, has run out or was revoked.")
    wait = pace.seconds_to_wait(token.pk)
    if wait:
        raise TooMany(f"Too many calls. Wait {wait} seconds.", headers={"Retry-After": str(wait)})
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return Caller(token.app, token)


def _token_in(header: str) -> str:
    """Bearer in any case; Basic of "token:"; Basic with the bare token (Ruby's client); the bare token."""
    scheme, _, rest = header.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        return scheme if re.fullmatch(r"[0-9A-Za-z_-]{20,100}", scheme) else ""
    if scheme.lower() == "bearer":
        return rest
    if scheme.lower() != "basic":
        return ""
    if re.fullmatch(r"[0-9a-f]{40}", rest):
        return rest
    try:
        return base64.b64decode(rest, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def school_for(caller: Caller, broker_id: str) -> School:
    """The school of this id. Raises NotFound; Forbidden for another school's token."""
    school = School.objects.filter(broker_id=broker_id).first()
    if school is None:
        raise NotFound("There is no school with this id. Look it up in /schools/all.")
    if not caller.may_name(school):
        raise Forbidden("This token belongs to another school.")
    return school


def consent_of(caller: Caller, school: School) -> Consent | None:
    return Consent.objects.filter(app=caller.app, school=school).first()


def view_of(caller: Caller, broker_id: str) -> View:
    """What the school of this id lets this app see at this moment.

    Raises NotFound for an unknown school, Forbidden while nothing may be read.
    """
    consent, granted = consent_and_granted(app=caller.app, broker_id=broker_id)
    if consent is None:
        school_for(caller, broker_id)
        raise Forbidden("This app has no access to this school. Ask for it with POST …/request-access.")
    school = consent.school
    if not caller.may_name(school):
        raise Forbidden("This token belongs to another school.")
    if not consent.is_live:
        raise Forbidden(_WHY_NOT[Consent.State(consent.state)])
    choice = EVERYONE
    if consent.access_rule_id is not None:
        with school_scope(school.pk):
            choice = access_in_force(consent)
    return View(school, caller.token.within_scope(granted), choice, consent)
