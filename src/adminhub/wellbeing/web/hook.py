"""The hub says a school's roster changed: check that it is the hub, then read the roster."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from adminhub.wellbeing.roster.actions import refresh
from adminhub.wellbeing.roster.errors import NotOurs, RosterTrouble

LONGEST = 64 * 1024


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def roster_hook(request: HttpRequest) -> HttpResponse:
    """204: read, or nothing to do. 401: not signed by the hub. 503: try again.

    The message is only a nudge: what is true is read from the hub, within a bounded time, so that a message
    sent twice or late does no harm.
    """
    if int(request.headers.get("content-length") or 0) > LONGEST:
        return HttpResponse("Too long.", status=413, content_type="text/plain")
    try:
        said = Webhook(settings.WELLBEING_WEBHOOK_SECRET).verify(
            request.body, {name.lower(): value for name, value in request.headers.items()}
        )
    except (WebhookVerificationError, json.JSONDecodeError, UnicodeDecodeError):
        return HttpResponse("The signature does not fit.", status=401, content_type="text/plain")
    if not isinstance(said, dict) or said.get("type") != "roster.changed":
        return HttpResponse(status=204)
    try:
        refresh(school_id=UUID(str(said.get("school"))))
    except ValueError:
        return HttpResponse("Which school?", status=400, content_type="text/plain")
    except NotOurs:
        return HttpResponse(status=204)
    except RosterTrouble:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    return HttpResponse(status=204)
