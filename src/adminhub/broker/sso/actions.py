"""Setting an app up for log-ins."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from adminhub.broker.apps.actions import hash_of
from adminhub.broker.apps.developing import note_app
from adminhub.broker.apps.models import App
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import User
from adminhub.broker.sso.models import Client


@transaction.atomic
def set_up_log_in(
    *, app: App, by: User, redirect_uris: Sequence[str], has_new_secret: bool = False
) -> tuple[Client, str]:
    """Say where the app may have people sent back to. Returns its client and, when it is new, its secret, else "".

    Raises NotAllowed; NotPossible for an address that is not https (in the demo, http is taken too).
    """
    if not app.developers.filter(user=by, user__is_active=True).exists():
        raise NotAllowed(f"Only a developer of {app} can do this. Nothing was changed.")
    schemes = ("https", "http") if settings.BROKER_MAY_REACH_PRIVATE_HOSTS else ("https",)
    for uri in redirect_uris:
        parts = urlsplit(uri)
        if parts.scheme not in schemes or not parts.hostname or parts.fragment or len(uri) > 500:
            raise NotPossible(f"Nothing was changed: {uri[:100]} does not begin with https://, or holds a #.")
    client = Client.objects.filter(app=app).first()
    secret = secrets.token_urlsafe(32) if client is None or has_new_secret else ""
    if client is None:
        client = Client(app=app, client_id=secrets.token_hex(16))
    client.redirect_uris = list(dict.fromkeys(redirect_uris))
    if secret:
        client.secret_hash = hash_of(secret)
    client.save()
    what = "new secret" if secret else f"{len(client.redirect_uris)} address(es)"
    note_app(app, f"Log-in: {what}.", by=by)
    return client, secret
