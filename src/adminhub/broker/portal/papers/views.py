"""Handing out a school's papers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from adminhub.broker.portal.access import ConsentRequest, SchoolRequest, consent_page, school_page
from adminhub.broker.portal.papers.contents import (
    assessment_pack,
    assessment_table,
    record_of_processing,
    record_table,
)
from adminhub.broker.portal.papers.pdf import as_pdf
from adminhub.broker.portal.papers.values import as_csv


@school_page
@require_GET
def record_pdf(request: SchoolRequest) -> HttpResponse:
    """The school's record of processing, to file."""
    return _file(as_pdf(record_of_processing(request.school)), f"ROPA {request.school.name}", "pdf")


@school_page
@require_GET
def record_csv(request: SchoolRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    return _file(as_csv(record_table(request.school)), f"ROPA {request.school.name}", "csv")


@consent_page
@require_GET
def assessment_pdf(request: ConsentRequest) -> HttpResponse:
    """What the school needs for a DPIA of this app."""
    name = f"DPIA {request.consent.app.name} {request.school.name}"
    return _file(as_pdf(assessment_pack(request.consent)), name, "pdf")


@consent_page
@require_GET
def assessment_csv(request: ConsentRequest) -> HttpResponse:
    """Its table of facts for a spreadsheet."""
    name = f"DPIA {request.consent.app.name} {request.school.name}"
    return _file(as_csv(assessment_table(request.consent)), name, "csv")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    types = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}
    disposition = f'attachment; filename="{slugify(name)}.{kind}"'
    return HttpResponse(content, content_type=types[kind], headers={"Content-Disposition": disposition})
