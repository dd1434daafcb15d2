"""What an app has written, and the attendance codes every school has (wonde-api §2.1)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from adminhub.broker.api.callers import Caller
from adminhub.broker.api.errors import NotFound
from adminhub.broker.api.filters import by_change
from adminhub.broker.api.paging import cut, page_of, pagination
from adminhub.broker.api.views import call
from adminhub.broker.api.wire import moment, record_id
from adminhub.broker.consent.models import Consent
from adminhub.broker.records.codes import STANDARD
from adminhub.broker.records.models import Writeback


@call()
def list_writebacks(request: HttpRequest, caller: Caller) -> dict[str, Any]:
    """This app's write-backs, at every school that lets it read or at the token's, oldest change first."""
    rows = by_change(_own(caller), request)
    for name in ("status", "type"):
        if name in request.GET:
            rows = rows.filter(**{name: request.GET[name].replace("\x00", "")})
    page = page_of(request)
    found, has_more, ending = cut(rows, page, "updated_at", ("pk",))
    by_pk = _own(caller).in_bulk([row[0] for row in found])
    return {
        "data": [_object(by_pk[row[0]]) for row in found],
        "meta": {"includes": [], "pagination": pagination(request, page, has_more=has_more, ending=ending)},
    }


@call()
def one_writeback(request: HttpRequest, caller: Caller, *, number: str) -> dict[str, Any]:
    """What became of one write-back."""
    writeback = _own(caller).filter(pk=int(number)).first()
    if writeback is None:
        raise NotFound("This app has no write-back with this id.")
    return {"data": _object(writeback), "meta": {"includes": []}}


@call()
def standard_codes(request: HttpRequest, caller: Caller) -> dict[str, Any]:
    """The attendance codes of schools that have none of their own. All of them, on the first page."""
    page = page_of(request)
    listed = STANDARD if page.number == 1 and page.after is None else ()
    data = [
        {"id": record_id(each.number), "code": each.code, "description": each.description, "type": each.type}
        for each in listed
    ]
    return {
        "data": data,
        "meta": {"includes": [], "pagination": pagination(request, page, has_more=False, ending="")},
    }


def _own(caller: Caller) -> QuerySet[Writeback]:
    """A school that has ended the app's access is not told of any more."""
    live = Consent.objects.filter(app=caller.app, state=Consent.State.AUDITED)
    rows = Writeback.objects.filter(app=caller.app, school__in=live.values("school")).select_related("school")
    return rows if caller.token.school_id is None else rows.filter(school_id=caller.token.school_id)


def _object(writeback: Writeback) -> dict[str, Any]:
    return {
        "id": writeback.broker_id,
        "writeback_id": writeback.broker_id,
        "school_id": writeback.school.broker_id,
        "type": writeback.type,
        "status": writeback.status,
        "records": writeback.records,
        "record_id": record_id(writeback.record_id),
        "created_at": moment(writeback.created_at),
        "updated_at": moment(writeback.updated_at),
    }
