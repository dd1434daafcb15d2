"""The hub as a WSGI application."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "adminhub.runtime.settings.hub"

from django.core.wsgi import get_wsgi_application

from adminhub.runtime.wsgi import settled

application = settled(get_wsgi_application())
