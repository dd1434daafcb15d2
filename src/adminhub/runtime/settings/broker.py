"""Settings of the consent broker."""

from adminhub.runtime.settings.shared_site import *  # noqa: F403
from adminhub.runtime.settings.shared_site import (
    ADMINHUB_DEMO,
    BROKER_URL,
    DJANGO_APPS,
    LOOK_APPS,
    content_security_policy,
    database,
    hosts,
    origin,
    secret,
    setting,
)

SECRET_KEY = secret("BROKER_SECRET_KEY", site="broker")
DATABASES = database(setting("BROKER_DATABASE_URL"), name="broker")
ALLOWED_HOSTS = hosts(BROKER_URL)
CSRF_TRUSTED_ORIGINS = [origin(BROKER_URL)]
SESSION_COOKIE_NAME = "broker_session"
CSRF_COOKIE_NAME = "broker_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BROKER_URL.startswith("https://")

INSTALLED_APPS = [
    *DJANGO_APPS,
    *LOOK_APPS,
    "adminhub.broker.directory",
    "adminhub.broker.sources",
    "adminhub.broker.timetables",
    "adminhub.broker.apps",
    "adminhub.broker.consent",
    "adminhub.broker.arrivals",
    "adminhub.broker.moving",
    "adminhub.broker.api",
    "adminhub.broker.records",
    "adminhub.broker.webhooks",
    "adminhub.broker.sso",
    "adminhub.broker.portal",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
AUTH_USER_MODEL = "broker_directory.User"
ROOT_URLCONF = "adminhub.broker.portal.urls"
WSGI_APPLICATION = "adminhub.runtime.wsgi.broker.application"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "adminhub.broker.portal.account.letters.LettersAboutTheLogIn"
MFA_ADAPTER = "adminhub.broker.portal.account.second_factor.SealedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A device checks its person (finger, face, PIN) each time, so that a passkey is two factors and logs in alone.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "add_webauthn": "adminhub.broker.portal.account.passkeys.AddPasskeyForm",
    "edit_webauthn": "adminhub.broker.portal.account.passkeys.RenamePasskeyForm",
    "authenticate_webauthn": "adminhub.broker.portal.account.passkeys.SecondFactorForm",
    "login_webauthn": "adminhub.broker.portal.account.passkeys.LogInForm",
    "reauthenticate_webauthn": "adminhub.broker.portal.account.passkeys.StillYouForm",
}
# An address is the school's word here, never the person's: there is nothing to verify first.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1
APPEND_SLASH = True
CONTENT_SECURITY_POLICY = content_security_policy()
# An export: the form itself refuses more than 300 MB of files, with a sentence.
LARGEST_UPLOAD = 320 * 1024 * 1024

BROKER_NAME = SITE_NAME = setting("BROKER_NAME", "Gatehouse")
BROKER_SUPPORT_PHONE = setting("BROKER_SUPPORT_PHONE", "01632 960 100")
BROKER_SUPPORT_EMAIL = setting("BROKER_SUPPORT_EMAIL", "support@gatehouse.example")
# Below it each school has a folder named by its id; empty: none is watched.
BROKER_WATCHED_FOLDER = setting("BROKER_WATCHED_FOLDER")
# Schools name the servers that exports are fetched from; outside the demo those are public addresses only.
BROKER_MAY_REACH_PRIVATE_HOSTS = (
    setting("BROKER_MAY_REACH_PRIVATE_HOSTS", "1" if ADMINHUB_DEMO else "") == "1"
)
# Operators and developers, whose pages reach beyond one school; a school decides for its own administrators.
BROKER_STAFF_NEED_SECOND_FACTOR = (
    setting("BROKER_STAFF_NEED_SECOND_FACTOR", "" if ADMINHUB_DEMO else "1") == "1"
)
BROKER_AUDIT_MODE = setting("BROKER_AUDIT_MODE", "automatic")
BROKER_HUB_APP_TOKEN = setting("BROKER_HUB_APP_TOKEN")
DEFAULT_FROM_EMAIL = setting("BROKER_FROM_EMAIL", f"{BROKER_NAME} <no-reply@gatehouse.example>")
