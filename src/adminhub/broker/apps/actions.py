"""Registering apps and giving out their tokens."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from adminhub.broker.apps.catalogue import BY_IDENTITY
from adminhub.broker.apps.models import App, AppDocument, AppPermission, Token
from adminhub.broker.apps.sealing import seal
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission an app declares: what for, how long, and whether the school may leave it off."""

    identity: str
    purpose: str
    retention: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A text for the school to read; `kind` is one of AppDocument.Kind."""

    kind: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything an app says about itself."""

    name: str
    publisher: str
    purpose: str
    permissions: tuple[Asked, ...]
    documents: tuple[Document, ...] = ()
    website: str = ""
    contact_email: str = ""
    dpo_name: str = ""
    dpo_email: str = ""


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def register_app(*, declaration: Declaration, webhook_url: str = "", webhook_secret: str = "") -> App:
    """Register the app, or bring its registration up to date with its declaration. Used by set-up: released at once.

    Permissions no longer declared are withdrawn, not deleted: consents keep their history.
    Raises NotPossible for a permission that is not in the catalogue.
    """
    unknown = [asked.identity for asked in declaration.permissions if asked.identity not in BY_IDENTITY]
    if unknown:
        raise NotPossible(f"There is no permission called {', '.join(unknown)}. The app was not registered.")
    app, is_new = App.objects.update_or_create(
        name=declaration.name,
        defaults={
            "publisher": declaration.publisher,
            "purpose": declaration.purpose,
            "website": declaration.website,
            "contact_email": declaration.contact_email,
            "dpo_name": declaration.dpo_name,
            "dpo_email": declaration.dpo_email,
            "webhook_url": webhook_url,
            "sealed_webhook_secret": seal(webhook_secret),
        },
    )
    if is_new:
        App.objects.filter(pk=app.pk).update(released_at=timezone.now())
        app.refresh_from_db()
    _declare_permissions(app, declaration.permissions)
    for document in declaration.documents:
        AppDocument.objects.update_or_create(
            app=app, kind=document.kind, defaults={"title": document.title, "body": document.body}
        )
    return app


def _declare_permissions(app: App, permissions: Iterable[Asked]) -> None:
    declared = list(permissions)
    for position, asked in enumerate(declared):
        AppPermission.objects.update_or_create(
            app=app,
            identity=asked.identity,
            defaults={
                "purpose": asked.purpose,
                "retention": asked.retention,
                "is_optional": asked.is_optional,
                "position": position,
                "withdrawn_at": None,
            },
        )
    gone = app.permissions.exclude(identity__in=[asked.identity for asked in declared])
    gone.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())


def issue_token(
    *,
    app: App,
    school: School | None = None,
    label: str = "",
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (),
    token: str | None = None,
) -> str:
    """A new token of 40 hex characters; this is the only time it can be read.

    `token` sets a given one instead (the demo keeps its token between runs).
    """
    text = token or secrets.token_hex(20)
    Token.objects.update_or_create(
        token_hash=hash_of(text),
        defaults={
            "app": app,
            "school": school,
            "label": label,
            "hint": text[-4:],
            "expires_at": expires_at,
            "scopes": list(scopes),
        },
    )
    return text


def revoke_token(*, token: Token) -> None:
    """End the token's life at once."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
