"""The school object and the state of a connection, as the API shows them (wonde-api §2.1)."""

from collections.abc import Container, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from adminhub.broker.api import wire
from adminhub.broker.api.resources.codes import PHASE
from adminhub.broker.consent.access import Choice, people_named
from adminhub.broker.consent.models import Consent, ConsentPermission
from adminhub.broker.consent.queries import what_is_missing
from adminhub.broker.directory.models import School
from adminhub.broker.records.models import RecordsKept
from adminhub.broker.sources.models import Source

INCLUDES = ["cbds"]


def school_object(
    school: School, consent: Consent | None = None, *, includes: Container[str] = ()
) -> dict[str, Any]:
    """The school; its consent says since when it is live. `includes` are names of `INCLUDES`."""
    domain = urlsplit(settings.BROKER_URL).netloc
    kept = _records_kept(school)
    approved_at = consent.audited_at if consent is not None and consent.is_live else None
    return {
        "id": school.broker_id,
        "name": school.name,
        "establishment_number": school.establishment_number or None,
        "urn": school.urn,
        "phase_of_education": school.phase,
        "la_code": school.la_code or None,
        "timezone": school.timezone,
        "mis": school.mis or None,
        "address": {
            "address_line_1": school.address_line_1 or None,
            "address_line_2": school.address_line_2 or None,
            "address_town": school.town or None,
            "address_postcode": school.postcode or None,
            "address_country": {"code": school.country_code, "name": school.country_name},
        },
        "extended": {
            "allows_writeback": kept is not None and kept.has_registers,
            "has_timetables": _has_timetable(school),
            "has_lesson_attendance": kept is not None and kept.has_lesson_registers,
            "audit_approved_at": wire.moment_without_fraction(approved_at),
        },
        "region": {
            "code": school.country_code,
            "domain": domain,
            "school_url": school.website or None,
            "identifiers": {
                "la_code": school.la_code or None,
                "establishment_number": school.establishment_number or None,
                "urn": school.urn,
            },
        },
        **({"cbds": {"data": _cbds(school)}} if "cbds" in includes else {}),
    }


def _cbds(school: School) -> dict[str, Any]:
    """The DfE's codes for the school; the real API's keys are not known, these are ours."""
    return {
        "phase_of_education": PHASE.get(school.phase),
        "la_code": school.la_code or None,
        "establishment_number": school.establishment_number or None,
    }


def _records_kept(school: School) -> RecordsKept | None:
    return getattr(school, "records_kept", None)


def _has_timetable(school: School) -> bool:
    source = getattr(school, "source", None)
    return source is not None and source.has_timetable


def state_object(school: School, consent: Consent | None) -> dict[str, Any]:
    """Wonde's four flags, and beside them (ours) what is being waited for, on whom and since when."""
    source = Source.objects.filter(school=school).first()
    kept = _records_kept(school)
    flags = {
        "online": source is not None and source.is_online,
        "approved": consent is not None and consent.is_approved,
        "audited": consent is not None and consent.is_live,
        "custom_attendance_codes": kept is not None and kept.has_registers,
    }
    if consent is None:
        return {**flags, "state": None}
    return {
        **flags,
        "state": consent.state,
        "requested_at": wire.moment(consent.requested_at),
        "decided_at": wire.moment(consent.decided_at),
        "reason": consent.reason or None,
        "waiting_for": what_is_missing(school) if consent.state == Consent.State.WAITING_FOR_SETUP else [],
        "findings": consent.findings,
        "source_updated_at": wire.moment(source.last_published_at) if source is not None else None,
    }


def acl_object(choice: Choice, granted: frozenset[str], *, with_type: bool) -> dict[str, Any]:
    """The rule's mode and the people it names, of the kinds the app may read. Groups are given as their people."""
    if choice.is_everyone:
        return {"mode": None, "ids": []}
    named = [(kind, wire.record_id(pk)) for kind, pk in people_named(choice) if f"{kind}s.read" in granted]
    ids = [{"id": record, "type": kind} if with_type else record for kind, record in named]
    return {"mode": choice.mode.value, "ids": ids}


def permission_objects(consent: Consent, rows: Iterable[ConsentPermission]) -> list[dict[str, Any]]:
    """What was asked of the school and what it allows."""
    is_declined = consent.state in (Consent.State.DECLINED, Consent.State.REVOKED)
    return [
        {
            "id": row.permission_id,
            "identity": row.permission.identity,
            "name": row.permission.name,
            "description": row.permission.purpose,
            "parent": row.permission.declared.parent,
            "group": row.permission.group,
            "active_from": wire.moment(row.permission.created_at),
            "optional": row.permission.is_optional,
            "approved": row.is_approved,
            "audited": row.is_approved and consent.is_live,
            "declined": is_declined or (row.decided_at is not None and not row.is_approved),
        }
        for row in rows
    ]
