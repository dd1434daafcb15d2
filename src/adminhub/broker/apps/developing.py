"""What a developer does to an app's registration. Every step leaves a sentence in its history."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from adminhub.broker.apps.actions import issue_token, revoke_token
from adminhub.broker.apps.catalogue import BY_IDENTITY
from adminhub.broker.apps.models import App, AppDeveloper, AppDocument, AppEvent, AppPermission, Token
from adminhub.broker.apps.sealing import seal
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import School, User

OLD_KEY_WORKS_FOR = timedelta(days=1)


@transaction.atomic
def start_app(*, by: User, name: str, publisher: str, purpose: str, **about: str) -> App:
    """Register an app that may ask test schools only, until an operator releases it. Raises NotAllowed, NotPossible."""
    if not by.is_developer:
        raise NotAllowed("Only a developer can register an app. Nothing was registered.")
    if App.objects.filter(name__iexact=name.strip()).exists():
        raise NotPossible("There is an app of this name already. Nothing was registered.")
    app = App.objects.create(name=name.strip(), publisher=publisher, purpose=purpose, **about)
    AppDeveloper.objects.create(app=app, user=by)
    note_app(app, "Registered.", by=by)
    return app


@transaction.atomic
def describe_app(*, app: App, by: User, **about: str) -> App:
    """Change what the app says about itself. Its name stays: schools know it by that. Raises NotAllowed."""
    _must_develop(app, by)
    changed = [field for field, value in about.items() if getattr(app, field) != value]
    for field in changed:
        setattr(app, field, about[field])
    if changed:
        app.save(update_fields=[*changed, "updated_at"])
        note_app(app, f"Changed: {', '.join(field.replace('_', ' ') for field in changed)}.", by=by)
    return app


@transaction.atomic
def declare_permission(
    *, app: App, by: User, identity: str, purpose: str, retention: str, is_optional: bool
) -> list[AppPermission]:
    """Ask schools for one thing, with its purpose and how long it is kept; what opens it is asked for with it.

    Returns what is new or says something else than before. Raises NotAllowed, NotPossible.
    """
    _must_develop(app, by)
    if identity not in BY_IDENTITY:
        raise NotPossible("There is no such permission. Nothing was declared.")
    if not (purpose.strip() and retention.strip()):
        raise NotPossible("Nothing was declared: say what it is for, and how long it is kept.")
    changed = []
    name: str | None = identity
    while name is not None:
        known = app.permissions.filter(identity=name, withdrawn_at=None).first()
        if name == identity or known is None:
            changed += _declare(app, name, purpose.strip(), retention.strip(), is_optional=is_optional)
        elif known.is_optional and not is_optional:
            changed += _declare(app, name, known.purpose, known.retention, is_optional=False)
        name = BY_IDENTITY[name].parent
    if changed:
        note_app(
            app,
            f"Asks for: {BY_IDENTITY[identity].plain} ({'optional' if is_optional else 'required'}).",
            by=by,
        )
    return changed


def _declare(
    app: App, identity: str, purpose: str, retention: str, *, is_optional: bool
) -> list[AppPermission]:
    said = {"purpose": purpose, "retention": retention, "is_optional": is_optional, "withdrawn_at": None}
    known = app.permissions.filter(identity=identity).first()
    if known is None:
        position = list(BY_IDENTITY).index(identity)
        return [app.permissions.create(identity=identity, position=position, **said)]
    if all(getattr(known, field) == value for field, value in said.items()):
        return []
    for field, value in said.items():
        setattr(known, field, value)
    known.save(update_fields=list(said))
    return [known]


@transaction.atomic
def withdraw_permission(*, app: App, by: User, identity: str) -> None:
    """Ask for one thing, and for what it opens, no more: no school gives it from now on. Raises NotAllowed."""
    _must_develop(app, by)
    stem = identity.removesuffix("read")
    gone = app.permissions.filter(withdrawn_at=None, identity__startswith=stem)
    if gone.update(withdrawn_at=timezone.now()) and identity in BY_IDENTITY:
        note_app(app, f"Asks no more for: {BY_IDENTITY[identity].plain}.", by=by)


@transaction.atomic
def write_document(*, app: App, by: User, title: str, body: str) -> AppDocument:
    """The data handling agreement as schools read it; each change is a new version. Raises NotAllowed."""
    _must_develop(app, by)
    kind = AppDocument.Kind.DATA_HANDLING_AGREEMENT
    document, is_new = AppDocument.objects.get_or_create(
        app=app, kind=kind, defaults={"title": title, "body": body}
    )
    if not is_new and (document.title, document.body) != (title, body):
        document.title, document.body = title, body
        document.version += 1
        document.save()
    note_app(app, f"Data handling agreement, version {document.version}.", by=by)
    return document


@transaction.atomic
def set_webhook(*, app: App, by: User, url: str) -> str:
    """Where the app is told of what happens; empty: nowhere. Returns a new secret when there was none, else "".

    Raises NotAllowed; NotPossible for an address that is not https (in the demo, http is taken too).
    """
    _must_develop(app, by)
    parts = urlsplit(url)
    schemes = ("https", "http") if settings.BROKER_MAY_REACH_PRIVATE_HOSTS else ("https",)
    if url and (parts.scheme not in schemes or not parts.hostname or parts.username or parts.password):
        raise NotPossible("Nothing was changed: the address must begin with https:// and hold no password.")
    app.webhook_url = url
    app.save(update_fields=["webhook_url", "updated_at"])
    note_app(app, f"Webhook: {parts.hostname}." if url else "Webhook: none.", by=by)
    return new_webhook_secret(app=app, by=by) if url and not app.sealed_webhook_secret else ""


@transaction.atomic
def new_webhook_secret(*, app: App, by: User) -> str:
    """A new secret for signing, to be read this once; the old one signs nothing from now on. Raises NotAllowed."""
    _must_develop(app, by)
    secret = secrets.token_urlsafe(32)
    app.sealed_webhook_secret = seal(secret)
    app.save(update_fields=["sealed_webhook_secret", "updated_at"])
    note_app(app, "New webhook secret.", by=by)
    return secret


@transaction.atomic
def make_token(
    *,
    app: App,
    by: User,
    label: str,
    school: School | None = None,
    days: int | None = None,
    scopes: tuple[str, ...] = (),
) -> str:
    """A new token, to be read this once: for all the app's schools or for one, for all it may read or for part.

    Raises NotAllowed; NotPossible for a school that has not approved the app.
    """
    _must_develop(app, by)
    if school is not None and not app.tokens.filter(school=school, revoked_at=None).exists():
        raise NotPossible("No token was made: this school has not approved the app.")
    expires_at: datetime | None = timezone.now() + timedelta(days=days) if days else None
    text = issue_token(app=app, school=school, label=label.strip(), expires_at=expires_at, scopes=scopes)
    note_app(app, f"New token …{text[-4:]}{f' for {school}' if school else ''}.", by=by)
    return text


@transaction.atomic
def rotate_token(*, token: Token, by: User) -> str:
    """A new token like this one; the old one works for a day more, so that nothing stops.

    Raises NotAllowed, NotPossible.
    """
    _must_develop(token.app, by)
    token = Token.objects.select_for_update(of=("self",)).select_related("app", "school").get(pk=token.pk)
    if not token.is_live:
        raise NotPossible("Nothing was changed: this token does not work any more. Make a new one.")
    now = timezone.now()
    lasts = token.expires_at - token.created_at if token.expires_at else None
    text = issue_token(
        app=token.app,
        school=token.school,
        label=token.label,
        expires_at=now + lasts if lasts else None,
        scopes=token.scopes,
    )
    ends = min(token.expires_at or now + OLD_KEY_WORKS_FOR, now + OLD_KEY_WORKS_FOR)
    Token.objects.filter(pk=token.pk).update(expires_at=ends)
    note_app(token.app, f"Token …{token.hint} replaced by …{text[-4:]}.", by=by)
    return text


@transaction.atomic
def end_token(*, token: Token, by: User) -> None:
    """End the token's life at once. Raises NotAllowed."""
    _must_develop(token.app, by)
    revoke_token(token=token)
    note_app(token.app, f"Token …{token.hint} revoked.", by=by)


def what_is_missing_to_release(app: App) -> list[str]:
    """What a school would miss, in words; empty when an operator may release the app."""
    missing = []
    if not app.permissions.filter(withdrawn_at=None).exists():
        missing.append("at least one permission with its purpose")
    if not app.documents.exists():
        missing.append("a data handling agreement")
    if not (app.contact_email and app.dpo_email):
        missing.append("a contact and a data protection officer")
    return missing


@transaction.atomic
def release_app(*, app: App, by: User) -> App:
    """Let the app ask every school. Raises NotAllowed, NotPossible."""
    if not by.is_operator:
        raise NotAllowed("Only an operator can release an app. Nothing was changed.")
    missing = what_is_missing_to_release(app)
    if missing:
        raise NotPossible(f"Nothing was changed: still missing: {', '.join(missing)}.")
    if app.released_at is None:
        app.released_at = timezone.now()
        app.save(update_fields=["released_at", "updated_at"])
        note_app(app, "Released: it may ask every school.", by=by)
    return app


@transaction.atomic
def stop_app(*, app: App, by: User, is_stopped: bool) -> App:
    """Make all the app's tokens useless, or useful again. Raises NotAllowed."""
    if not by.is_operator:
        raise NotAllowed("Only an operator can stop an app. Nothing was changed.")
    app.is_active = not is_stopped
    app.save(update_fields=["is_active", "updated_at"])
    note_app(app, "Stopped: its tokens do not work." if is_stopped else "Started again.", by=by)
    return app


def _must_develop(app: App, by: User) -> None:
    if not app.developers.filter(user=by, user__is_active=True).exists():
        raise NotAllowed(f"Only a developer of {app} can do this. Nothing was changed.")


def note_app(app: App, what: str, *, by: User) -> None:
    """Keep one sentence in the app's history."""
    AppEvent.objects.create(app=app, by=by, by_name=by.full_name_and_position, what=what[:400])
