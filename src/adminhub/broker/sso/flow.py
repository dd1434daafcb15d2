"""The OAuth code flow, by oauthlib: what it asks of us is answered from our tables. Nothing is kept readable."""

import base64
import binascii
import hmac
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import RequestValidator, WebApplicationServer

from adminhub.broker.apps.actions import hash_of
from adminhub.broker.sso.models import Client, Code, Session
from adminhub.broker.sso.people import live_consent

CODE_LASTS = timedelta(minutes=10)
ACCESS_LASTS = timedelta(hours=1)
REFRESH_LASTS = timedelta(days=30)


class OurAnswers(RequestValidator):  # type: ignore[misc]  # oauthlib has no stubs
    """What oauthlib asks, in the order in which it asks."""

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = _client(client_id)
        return request.client is not None

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Letter for letter one of those declared."""
        return redirect_uri in request.client.redirect_uris

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> str | None:
        uris = request.client.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def validate_response_type(self, client_id: str, response_type: str, *args: Any, **kwargs: Any) -> bool:
        return response_type == "code"

    def get_default_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return ["me"]

    def validate_scopes(self, *args: Any, **kwargs: Any) -> bool:
        """Whatever is named: what an app may know is the school's word, not the app's."""
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        Code.objects.create(
            code_hash=hash_of(code["code"]),
            client=request.client,
            user=request.user,
            school=request.school,
            redirect_uri="" if request.using_default_redirect_uri else request.redirect_uri,
            challenge=request.code_challenge or "",
            challenge_method=request.code_challenge_method or "",
            expires_at=timezone.now() + CODE_LASTS,
        )

    def client_authentication_required(self, *args: Any, **kwargs: Any) -> bool:
        return True

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By Basic, or by id and secret in the body."""
        client_id, secret = _credentials(request)
        client = _client(client_id)
        if client is None or not hmac.compare_digest(client.secret_hash, hash_of(secret)):
            return False
        request.client = client
        request.client_id = client.client_id
        return True

    def authenticate_client_id(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def validate_grant_type(self, client_id: str, grant_type: str, *args: Any, **kwargs: Any) -> bool:
        return grant_type in ("authorization_code", "refresh_token")

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Good once: it is gone when it is looked at, whatever comes of it."""
        kept = (
            Code.objects.select_for_update(of=("self",))
            .select_related("user", "school")
            .filter(code_hash=hash_of(code), client=client)
            .first()
        )
        if kept is None:
            return False
        Code.objects.filter(pk=kept.pk).delete()
        request.kept_code = kept
        request.user, request.school, request.scopes = kept.user, kept.school, ["me"]
        request.code_challenge, request.code_challenge_method = (
            kept.challenge or None,
            kept.challenge_method or None,
        )
        is_allowed = live_consent(app_id=client.app_id, school=kept.school) is not None
        return is_allowed and kept.user.is_active and kept.expires_at > timezone.now()

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        return request.kept_code.challenge or None

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        return request.kept_code.challenge_method or None

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str | None,
        client: Client,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """RFC 6749 §4.1.3: whoever named an address when asking names the same one now."""
        named = request.kept_code.redirect_uri
        if not named:
            return redirect_uri in ("", *client.redirect_uris)
        return not request.using_default_redirect_uri and redirect_uri == named

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        token.pop("scope", None)
        now = timezone.now()
        Session.objects.create(
            client=request.client,
            user=request.user,
            school=request.school,
            access_hash=hash_of(token["access_token"]),
            refresh_hash=hash_of(token["refresh_token"]),
            expires_at=now + ACCESS_LASTS,
            refresh_expires_at=now + REFRESH_LASTS,
        )

    def invalidate_authorization_code(self, *args: Any, **kwargs: Any) -> None:
        """It is gone since it was looked at."""

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Good once: a new pair takes its place, and the old session ends."""
        session = (
            Session.objects.select_for_update(of=("self",))
            .select_related("user", "school")
            .filter(refresh_hash=hash_of(refresh_token), client=client, revoked_at=None)
            .first()
        )
        if session is None or session.refresh_expires_at <= timezone.now() or not session.user.is_active:
            return False
        Session.objects.filter(pk=session.pk).update(revoked_at=timezone.now())
        request.user, request.school = session.user, session.school
        return live_consent(app_id=client.app_id, school=session.school) is not None

    def get_original_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return ["me"]

    def rotate_refresh_token(self, request: Any) -> bool:
        return True


def _client(client_id: str) -> Client | None:
    found = Client.objects.filter(client_id=client_id, app__is_active=True)
    return None if "\0" in client_id else found.first()


def client_id_of(form: str, headers: dict[str, str]) -> str:
    """Which app the caller says it is; "" where there is none of that name."""
    client = _client(_credentials(Request("", "POST", form, headers))[0])
    return client.client_id if client is not None else ""


def _credentials(request: Any) -> tuple[str, str]:
    scheme, _, rest = str(request.headers.get("Authorization", "")).partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, secret
    return str(request.client_id or ""), str(request.client_secret or "")


def _secret(request: Any) -> str:
    return secrets.token_urlsafe(32)


server = WebApplicationServer(
    OurAnswers(),
    token_generator=_secret,
    refresh_token_generator=_secret,
    token_expires_in=int(ACCESS_LASTS.total_seconds()),
)
