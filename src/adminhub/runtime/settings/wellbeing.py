"""Settings of Wellbeing, a service."""

from adminhub.runtime.settings.shared_site import *  # noqa: F403
from adminhub.runtime.settings.shared_site import (
    DJANGO_APPS,
    HUB_URL,
    LOOK_APPS,
    WELLBEING_URL,
    content_security_policy,
    database,
    hosts,
    origin,
    required,
    secret,
    setting,
)

SITE_NAME = "Wellbeing"
SECRET_KEY = secret("WELLBEING_SECRET_KEY", site="wellbeing")
DATABASES = database(setting("WELLBEING_DATABASE_URL"), name="wellbeing")
ALLOWED_HOSTS = hosts(WELLBEING_URL)
CSRF_TRUSTED_ORIGINS = [origin(WELLBEING_URL)]
SESSION_COOKIE_NAME = "wellbeing_session"
CSRF_COOKIE_NAME = "wellbeing_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = WELLBEING_URL.startswith("https://")

INSTALLED_APPS = [
    *DJANGO_APPS,
    *LOOK_APPS,
    "adminhub.wellbeing.roster",
    "adminhub.wellbeing.notes",
    "adminhub.wellbeing.web",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
AUTH_USER_MODEL = "wellbeing_roster.User"
ROOT_URLCONF = "adminhub.wellbeing.web.urls"
WSGI_APPLICATION = "adminhub.runtime.wsgi.wellbeing.application"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "adminhub.wellbeing.web.sign_in.Visitors"
SOCIALACCOUNT_ADAPTER = "adminhub.wellbeing.web.sign_in.HubVisitors"
SOCIALACCOUNT_ONLY = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

WELLBEING_HUB_URL = setting("WELLBEING_HUB_URL", HUB_URL).rstrip("/")
WELLBEING_CLIENT_ID = setting("WELLBEING_CLIENT_ID", "wellbeing")
WELLBEING_CLIENT_SECRET = required("WELLBEING_CLIENT_SECRET", site="wellbeing")
WELLBEING_WEBHOOK_SECRET = required("WELLBEING_WEBHOOK_SECRET", site="wellbeing")

# The sign-in button's answer redirects to the hub, so its origin is a form target.
CONTENT_SECURITY_POLICY = content_security_policy(form_targets=(origin(WELLBEING_HUB_URL),))

SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "adminhub",
                "name": "Admin Hub",
                "client_id": WELLBEING_CLIENT_ID,
                "secret": WELLBEING_CLIENT_SECRET,
                "settings": {
                    "server_url": f"{WELLBEING_HUB_URL}/.well-known/openid-configuration",
                    "oauth_pkce_enabled": True,
                    "scope": ["openid", "profile", "email"],
                },
            }
        ],
    }
}
# The hub has verified who this is; Wellbeing knows the person by the e-mail address it was handed.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
DEFAULT_FROM_EMAIL = setting("WELLBEING_FROM_EMAIL", "Wellbeing <hello@wellbeing.example>")
