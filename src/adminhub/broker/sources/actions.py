"""Publishing a school's MIS data: all of it or none, and never emptiness for want of an answer."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from django.utils import timezone

from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.holds import another_mis, reasons_to_hold, roster_of_one_school
from adminhub.broker.sources.models import Pupil, QualityFinding, RecordStatus, Source, SourceUpload
from adminhub.broker.sources.own_ids import with_own_ids
from adminhub.broker.sources.parts import believed_in, keep_parts, parts_beside
from adminhub.broker.sources.profiles import profiles_of
from adminhub.broker.sources.quality import Finding, assess, tally
from adminhub.broker.sources.queries import known_ids, published_roster
from adminhub.broker.sources.rows import Rows, contact_row, rows_of
from adminhub.broker.sources.writing import write, write_contacts
from adminhub.mis import Contact, Refused, Roster
from adminhub.mis.reading import join_parts, read_parts

ISSUES_KEPT = 200


def publish_files(
    *,
    school: School,
    paths: Sequence[Path],
    by: User | None,
    format: str | None = None,
    as_at: date | None = None,
    is_agreed: bool = False,
) -> SourceUpload:
    """Read the school's export and publish it. Never raises for a bad file: the upload's outcome says so.

    `is_agreed`: a person has seen why it was held and wants it published all the same.
    """
    try:
        new = read_parts(paths, format=format, as_at=as_at, profiles=profiles_of(school))
        whole = join_parts([*parts_beside(school, new), *new], believed=believed_in(school))
    except Refused as refusal:
        return refuse(school=school, reason=str(refusal), by=by)
    upload = publish(school=school, roster=whole, by=by, is_agreed=is_agreed)
    if upload.outcome in (SourceUpload.Outcome.PUBLISHED, SourceUpload.Outcome.UNCHANGED):
        keep_parts(school=school, new=new, by=by)
    return upload


def refuse(*, school: School, reason: str, by: User | None) -> SourceUpload:
    """Note that the data could not be read. What was published before stays."""
    with school_scope(school.pk):
        source = _locked_source(school)
        source.state = Source.State.FAILING
        source.message = reason
        source.save()
        return SourceUpload.objects.create(
            source=source, at=timezone.now(), by=by, outcome=SourceUpload.Outcome.REFUSED, reasons=[reason]
        )


def publish(*, school: School, roster: Roster, by: User | None, is_agreed: bool = False) -> SourceUpload:
    """Make the roster what the API serves for this school, or hold it and say why.

    Ids of records are kept by MIS id. What has vanished is remembered as deleted, never removed. Publishing the
    same again writes nothing but the time. Held: the last good data stays, until a person agrees.
    """
    with school_scope(school.pk):
        return _publish(school, roster, by=by, is_agreed=is_agreed)


def _publish(school: School, roster: Roster, *, by: User | None, is_agreed: bool) -> SourceUpload:
    started = time.monotonic()
    source = _locked_source(school)
    upload = SourceUpload(
        source=source,
        at=timezone.now(),
        by=by,
        format=roster.format,
        counts=roster.counts,
        issues=[_names_nobody(asdict(issue)) for issue in roster.issues[:ISSUES_KEPT]],
        issue_count=len(roster.issues),
        reject_count=len(roster.rejects),
    )
    own = roster_of_one_school(roster, school)
    if isinstance(own, list):
        return _hold(source, upload, own)
    findings = assess(own)
    upload.quality = tally(findings)
    if own.personal_ids:
        own = with_own_ids(own, known_ids(school))
    rows = rows_of(own, school_broker_id=school.broker_id)
    if _is_same(source, rows):
        upload.outcome = SourceUpload.Outcome.UNCHANGED
    else:
        reasons = (
            another_mis(source.format, own.format) + reasons_to_hold(published_roster(school, like=own), own)
            if _must_compare(source, is_agreed)
            else []
        )
        if reasons:
            _hold(source, upload, reasons)
            _replace_report(upload, findings)
            return upload
        upload.outcome = SourceUpload.Outcome.PUBLISHED
        upload.changes = write(rows, school_id=school.pk, now=upload.at)
        source.content_hash = rows.content_hash
        source.contacts_hash = rows.contacts_hash if rows.contacts else source.contacts_hash
        source.last_changed_at = upload.at
    source.format = roster.format
    source.state = Source.State.OK
    source.message = ""
    source.counts = own.counts
    source.as_at = own.as_at
    source.last_published_at = upload.at
    source.save()
    upload.milliseconds = round((time.monotonic() - started) * 1000)
    upload.save()
    _replace_report(upload, findings)
    return upload


def _replace_report(upload: SourceUpload, findings: Sequence[Finding]) -> None:
    """Keep the report of this reading in place of the last one's."""
    school = upload.source.school
    QualityFinding.objects.filter(school=school).delete()
    QualityFinding.objects.bulk_create(
        QualityFinding(
            school=school,
            upload=upload,
            found_by=finding.check,
            mis_id=finding.mis_id,
            name=finding.name,
            place=finding.place[:300],
            detail=finding.detail,
        )
        for finding in findings
    )


def keep_contacts(*, school: School, contacts: Sequence[Contact]) -> None:
    """Make these the contacts of the school's pupils, whose files name none. Contacts of nobody here are left out."""
    now = timezone.now()
    with school_scope(school.pk):
        source = _locked_source(school)
        pupils = dict(Pupil.objects.exclude(status=RecordStatus.GONE).values_list("mis_id", "pk"))
        rows = [contact_row(contact, school.broker_id, pupils) for contact in contacts]
        write_contacts([row for row in rows if row.pupils], pupils, school_id=school.pk, now=now)
        source.last_changed_at = now
        source.save()


def _is_same(source: Source, rows: Rows) -> bool:
    """Files that name no contacts say nothing of them."""
    if rows.contacts and rows.contacts_hash != bytes(source.contacts_hash or b""):
        return False
    return source.content_hash is not None and bytes(source.content_hash) == rows.content_hash


def _must_compare(source: Source, is_agreed: bool) -> bool:
    return not is_agreed and source.last_published_at is not None


def _locked_source(school: School) -> Source:
    Source.objects.get_or_create(school=school)
    return Source.objects.select_for_update().get(school=school)


def _hold(source: Source, upload: SourceUpload, reasons: list[str]) -> SourceUpload:
    source.state = Source.State.HELD if source.last_published_at else Source.State.FAILING
    source.message = " ".join(reasons)
    source.save()
    upload.outcome = SourceUpload.Outcome.HELD
    upload.reasons = reasons
    upload.save()
    return upload


def _names_nobody(issue: dict[str, str | None]) -> dict[str, str | None]:
    """Upload histories outlive people: they keep where a remark stands and what it is about."""
    return {"record": issue["record"], "field": issue["field"], "message": issue["message"]}
