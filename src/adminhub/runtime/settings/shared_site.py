"""Settings every site shares: database, security headers, templates, sessions, e-mail, logs."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from adminhub.runtime.logs import logging_settings


def setting(name: str, default: str = "") -> str:
    """Read one environment variable."""
    return os.environ.get(name, default)


def secret(name: str, *, site: str) -> str:
    """Read a secret; a site without a database URL (types, migrations) gets a throw-away one."""
    return required(name, site=site) or secrets.token_urlsafe(48)


def required(name: str, *, site: str) -> str:
    """Read a value without which a site must not start; empty only where there is no database URL."""
    value = os.environ.get(name, "")
    if not value and os.environ.get(f"{site.upper()}_DATABASE_URL"):
        raise ImproperlyConfigured(f"{name} is not set. Nothing was started. Set it, or start with ./hub up.")
    return value


def database(url: str, *, name: str) -> dict[str, Any]:
    """Turn a `postgresql://` URL (socket or TCP, with any libpq option) into Django's DATABASES entry."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url)) if url else {}
    pool = {
        "min_size": 1,
        "max_size": int(setting("ADMINHUB_DB_POOL", "12")),
        "timeout": 15,
        "max_idle": 120,
    }
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", name),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", "/nonexistent"),
        "PORT": str(parts.pop("port", "")),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**({"pool": pool} if url else {}), **parts},
    }
    return {"default": entry}


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(*, form_targets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the strict policy; `form_targets` are origins a form's answer may redirect to (sign-in)."""
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "img-src": [SELF, "data:"],
            "object-src": [NONE],
            "base-uri": [NONE],
            "frame-ancestors": [NONE],
            "form-action": [SELF, *form_targets],
        }
    }


def hosts(url: str) -> list[str]:
    """Return the host names a site answers to: its own, this machine's, and ADMINHUB_ALLOWED_HOSTS."""
    own = urlsplit(url).hostname
    more = [host for host in setting("ADMINHUB_ALLOWED_HOSTS").split(",") if host]
    return list(dict.fromkeys([*([own] if own else []), "localhost", "127.0.0.1", "[::1]", *more]))


ADMINHUB_DATA = Path(setting("ADMINHUB_DATA", str(Path(__file__).resolve().parents[4] / "var")))
ADMINHUB_DEMO = setting("ADMINHUB_DEMO") == "1"

HUB_URL = setting("HUB_URL", "http://localhost:8000").rstrip("/")
BROKER_URL = setting("BROKER_URL", "http://localhost:8010").rstrip("/")
WELLBEING_URL = setting("WELLBEING_URL", "http://localhost:8020").rstrip("/")

DEBUG = setting("ADMINHUB_DEBUG") == "1"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DJANGO_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]
LOOK_APPS = [
    "adminhub.look",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "adminhub.runtime.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "adminhub.runtime.private_pages.PrivatePages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "adminhub.look.forms_only.FormsOnly",
    "adminhub.runtime.plain_values.PlainValues",
]

# django-cotton and template-partials overwrite each other's loaders when both use their default
# app configuration, so both use SimpleAppConfig and the loaders are listed here.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "adminhub.look.context.look",
            ],
        },
    }
]

# A component sees its attributes and the context processors, never the page's own variables.
COTTON_ISOLATE_BY_DEFAULT = True

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

ACCOUNT_ADAPTER = "adminhub.runtime.accounts.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The counters live in the shared cache: with several processes a local one would be no limit.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        # Django keeps 300 unless told: who asks under many names would have the counters of others thrown out.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
"""Said over https only."""
if setting("ADMINHUB_BEHIND_TLS_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The limits on log-ins and wrong secrets count by address: not all by the proxy's.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

STATIC_URL = "/static/"
STATIC_ROOT = ADMINHUB_DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 300

EMAIL_BACKEND = setting("ADMINHUB_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = setting("EMAIL_HOST") or setting("MAILBOX_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(setting("EMAIL_PORT") or setting("MAILBOX_SMTP_PORT", "8031"))
EMAIL_HOST_USER = setting("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = setting("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = setting("EMAIL_USE_TLS") == "1"
EMAIL_TIMEOUT = 10

# A 3,000-pupil review page posts one decision per row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_FORM = LARGEST_UPLOAD = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "adminhub.runtime.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LOGGING_CONFIG = "adminhub.runtime.logs.configure"
LOGGING = logging_settings(level=setting("ADMINHUB_LOG_LEVEL", "INFO"))
