"""What a school's people have said about the columns of their own tables."""

from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import cast

from django.utils import timezone

from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import ColumnProfile, TableDraft
from adminhub.mis.columns import Profile, TableKind
from adminhub.mis.source import Source as File

DRAFTS_KEPT = timedelta(days=1)


def profiles_of(school: School) -> list[Profile]:
    """Every profile of the school, the latest first: it decides where two would do."""
    with school_scope(school.pk):
        rows = ColumnProfile.objects.order_by("-saved_at", "-pk")
        return [
            Profile(cast(TableKind, row.kind), row.columns, row.fingerprint, system=row.system)
            for row in rows
        ]


def save_profile(*, school: School, name: str, profile: Profile, by: User | None) -> ColumnProfile:
    """Keep what was said, in place of what was said of the same headings before."""
    with school_scope(school.pk):
        saved: ColumnProfile
        saved, _ = ColumnProfile.objects.update_or_create(
            school=school,
            fingerprint=profile.fingerprint,
            defaults={
                "name": name,
                "kind": profile.kind,
                "system": profile.system,
                "columns": dict(profile.columns),
                "by": by,
            },
        )
        return saved


def forget_profile(*, school: School, profile_id: int) -> None:
    """Files with these headings are unknown again. What was published stays."""
    with school_scope(school.pk):
        ColumnProfile.objects.filter(pk=profile_id).delete()


def start_draft(*, school: School, file_name: str, content: bytes, by: User | None) -> TableDraft:
    """Keep the file while somebody says what its columns hold; what was left lying is thrown away."""
    with school_scope(school.pk):
        TableDraft.objects.filter(at__lt=timezone.now() - DRAFTS_KEPT).delete()
        draft = TableDraft(school=school, file_name=file_name, content=content, by=by)
        draft.save()
        return draft


def throw_away_draft(*, school: School, draft_id: int) -> None:
    """The file is needed no more."""
    with school_scope(school.pk):
        TableDraft.objects.filter(pk=draft_id).delete()


def throw_away_old_drafts() -> None:
    """Every school's drafts that were left lying."""
    for school in School.objects.filter(source__isnull=False):
        with school_scope(school.pk):
            TableDraft.objects.filter(at__lt=timezone.now() - DRAFTS_KEPT).delete()


def as_file(draft: TableDraft) -> File:
    """The draft's file as the readers take it."""
    content = bytes(draft.content)
    return File(
        name=draft.file_name, table=draft.file_name, size=len(content), open=partial(BytesIO, content)
    )
