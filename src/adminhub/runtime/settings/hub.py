"""Settings of the hub."""

from pathlib import Path

from adminhub.runtime.settings.shared_site import *  # noqa: F403
from adminhub.runtime.settings.shared_site import (
    DJANGO_APPS,
    HUB_URL,
    LOOK_APPS,
    TEMPLATES,
    WELLBEING_URL,
    content_security_policy,
    database,
    hosts,
    origin,
    required,
    secret,
    setting,
)

SITE_NAME = "Admin Hub"
SECRET_KEY = secret("HUB_SECRET_KEY", site="hub")
DATABASES = database(setting("HUB_DATABASE_URL"), name="hub")
ALLOWED_HOSTS = hosts(HUB_URL)
CSRF_TRUSTED_ORIGINS = [origin(HUB_URL)]
SESSION_COOKIE_NAME = "hub_session"
CSRF_COOKIE_NAME = "hub_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HUB_URL.startswith("https://")

INSTALLED_APPS = [
    *DJANGO_APPS,
    *LOOK_APPS,
    "adminhub.hub.core",
    "adminhub.hub.schools",
    "adminhub.hub.roster",
    "adminhub.hub.connections",
    "adminhub.hub.staging",
    "adminhub.hub.planning",
    "adminhub.hub.applying",
    "adminhub.hub.duplicates",
    "adminhub.hub.moving",
    "adminhub.hub.leavers",
    "adminhub.hub.syncs",
    "adminhub.hub.rollover",
    "adminhub.hub.outputs",
    "adminhub.hub.jobs",
    "adminhub.hub.web",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
]
AUTH_USER_MODEL = "hub_schools.User"
ROOT_URLCONF = "adminhub.hub.web.urls"
# Every area of the screens keeps its own templates: hub/web/<area>/templates.
_WEB = Path(__file__).resolve().parents[2] / "hub" / "web"
TEMPLATES[0]["DIRS"] = sorted(str(folder) for folder in _WEB.glob("*/templates"))
WSGI_APPLICATION = "adminhub.runtime.wsgi.hub.application"
LOGIN_URL = "account:login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# A sign-in form's answer redirects to the service that asked, so its origin is a form target.
CONTENT_SECURITY_POLICY = content_security_policy(form_targets=(origin(WELLBEING_URL),))

IDP_OIDC_PRIVATE_KEY = required("HUB_OIDC_PRIVATE_KEY", site="hub")
IDP_OIDC_ADAPTER = "adminhub.hub.outputs.oidc.adapter.HubIdentity"
# What the seeds register Wellbeing with; any other service is registered by `outputs.actions`.
WELLBEING_CLIENT_ID = setting("WELLBEING_CLIENT_ID", "wellbeing")
WELLBEING_CLIENT_SECRET = setting("WELLBEING_CLIENT_SECRET")
WELLBEING_WEBHOOK_SECRET = setting("WELLBEING_WEBHOOK_SECRET")

HUB_BROKER_API_URL = setting("HUB_BROKER_API_URL", "http://localhost:8010/v1.0").rstrip("/")
HUB_BROKER_API_TOKEN = setting("HUB_BROKER_API_TOKEN")
HUB_BROKER_PAGE_SIZE = int(setting("HUB_BROKER_PAGE_SIZE", "200"))
HUB_BROKER_NAME = setting("HUB_BROKER_NAME", "Gatehouse")
HUB_BROKER_LOGO = setting("HUB_BROKER_LOGO", "look/marks/broker.svg")
HUB_BROKER_SUPPORT_PHONE = setting("HUB_BROKER_SUPPORT_PHONE", "01632 960 100")
HUB_BROKER_SUPPORT_EMAIL = setting("HUB_BROKER_SUPPORT_EMAIL", "support@gatehouse.example")
HUB_BROKER_APPROVAL_URL = setting("HUB_BROKER_APPROVAL_URL", "http://localhost:8010/")
HUB_WEBHOOK_KEY = secret("HUB_WEBHOOK_KEY", site="hub")
HUB_WEBHOOK_SECRET = setting("HUB_WEBHOOK_SECRET")
HUB_TOKEN_KEY = required("HUB_TOKEN_KEY", site="hub")
HUB_LETTERS_FROM = setting("HUB_LETTERS_FROM", "07:00")
DEFAULT_FROM_EMAIL = setting("HUB_FROM_EMAIL", "Admin Hub <hub@adminhub.example>")
