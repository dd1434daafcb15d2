"""The quality report of a school's latest reading, read for its page and its file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from django.db.models import Q

from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import QualityFinding, SourceUpload
from adminhub.broker.sources.quality import BY_KEY, CHECKS, Check
from adminhub.broker.sources.where_to_fix import where_to_fix
from adminhub.look.spreadsheets import safe_cell

GOOD = (SourceUpload.Outcome.PUBLISHED, SourceUpload.Outcome.UNCHANGED)
COUNTED = {
    "pupils": "Pupils, leavers and future starters included",
    "employees": "Staff",
    "registration_groups": "Registration groups",
    "classes": "Classes",
    "memberships": "Pupils' places in classes",
    "teaching_links": "Teachers' places in classes",
    "contacts": "Contacts",
}
COLUMNS = ("finding", "weight", "name", "mis_id", "where", "detail", "put right")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What somebody wants to see of the report; empty texts ask for everything."""

    check: str = ""
    weight: str = ""
    text: str = ""

    @property
    def checks(self) -> list[str]:
        return [
            check.key
            for check in CHECKS
            if self.check in ("", check.key) and self.weight in ("", check.weight)
        ]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are now, and were last time; None where there was no last time."""

    label: str
    now: int
    before: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One check that found something, now or last time."""

    check: Check
    now: int
    before: int | None
    where: str


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One finding with the check that found it."""

    check: Check
    finding: QualityFinding
    where: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The latest reading's report. No `upload`: nothing has been read yet."""

    upload: SourceUpload | None
    before: SourceUpload | None
    counts: list[Counted]
    lines: list[ReportLine]
    findings: list[FoundRecord]


def quality_report(school: School, asked: ReportQuery) -> QualityReport:
    """The report with the findings asked for. Read from the latest reading whose records could be judged."""
    with school_scope(school.pk):
        uploads = SourceUpload.objects.filter(source__school=school)
        first = QualityFinding.objects.filter(school=school).select_related("upload").first()
        upload = first.upload if first else uploads.exclude(counts={}).filter(outcome__in=GOOD).first()
        if upload is None:
            return QualityReport(None, None, [], [], [])
        before = uploads.filter(outcome__in=GOOD, pk__lt=upload.pk).first()
        rows = QualityFinding.objects.filter(school=school, upload=upload, found_by__in=asked.checks)
        if asked.text:
            rows = rows.filter(
                Q(name__icontains=asked.text) | Q(mis_id=asked.text) | Q(place__icontains=asked.text)
            )
        order = {check.key: place for place, check in enumerate(CHECKS)}
        found = sorted(rows, key=lambda finding: (order[finding.found_by], finding.pk))
    return QualityReport(
        upload=upload,
        before=before,
        counts=_counts(upload, before),
        lines=_lines(upload, before),
        findings=[_found(finding, upload) for finding in found],
    )


def report_as_csv(report: QualityReport) -> str:
    """UTF-8 with a mark, for a spreadsheet to read accents right; a cell that it would run is quoted."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for found in report.findings:
        row = found.finding
        cells = (
            found.check.title,
            found.check.weight,
            row.name,
            row.mis_id,
            row.place,
            row.detail,
            found.where,
        )
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def _counts(upload: SourceUpload, before: SourceUpload | None) -> list[Counted]:
    return [
        Counted(label, upload.counts.get(kind, 0), before.counts.get(kind) if before else None)
        for kind, label in COUNTED.items()
        if upload.counts.get(kind) or (before and before.counts.get(kind))
    ]


def _lines(upload: SourceUpload, before: SourceUpload | None) -> list[ReportLine]:
    was_judged = before is not None and bool(before.quality)
    return [
        ReportLine(
            check,
            upload.quality.get(check.key, 0),
            before.quality.get(check.key, 0) if before is not None and was_judged else None,
            where_to_fix(check.topic, format=upload.format),
        )
        for check in CHECKS
        if upload.quality.get(check.key) or (before is not None and before.quality.get(check.key))
    ]


def _found(finding: QualityFinding, upload: SourceUpload) -> FoundRecord:
    check = BY_KEY[finding.found_by]
    return FoundRecord(check, finding, where_to_fix(check.topic, format=upload.format))
