"""Opening and changing channels, and letting what they bring through the same door as an upload."""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from adminhub.broker.apps.sealing import seal
from adminhub.broker.arrivals import folder, sftp
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.interfaces import arbor, bromcom, edfi, oneroster
from adminhub.broker.arrivals.models import CLAIM_ENDS_AFTER, FAILED, FIRST_WAIT, Channel, ChannelRun
from adminhub.broker.arrivals.values import Fetched, Files, NothingNew, Reading
from adminhub.broker.consent.actions import go_on_after
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School, User
from adminhub.broker.sources.actions import publish, publish_files
from adminhub.broker.sources.models import SourceUpload

Outcome = ChannelRun.Outcome
RUNS_KEPT = 500
FETCHES: dict[str, Callable[[Channel, Path], Fetched]] = {
    Channel.Kind.FOLDER: folder.fetch,
    Channel.Kind.SFTP: sftp.fetch,
    Channel.Kind.ONEROSTER: oneroster.fetch,
    Channel.Kind.ARBOR: arbor.fetch,
    Channel.Kind.BROMCOM: bromcom.fetch,
    Channel.Kind.EDFI: edfi.fetch,
}


@transaction.atomic
def open_channel(
    *,
    school: School,
    kind: str,
    by: User,
    every_minutes: int = Channel.Every.DAY,
    settings: dict[str, Any] | None = None,
    secret: str = "",
) -> tuple[Channel, str]:
    """A new way for exports to come, with the token of a drop: this is the only time that can be read."""
    channel = Channel(
        school=school,
        kind=kind,
        every_minutes=every_minutes,
        settings=settings or {},
        sealed_secret=seal(secret),
        opened_by=by,
        changed_by=by,
    )
    token = ""
    if channel.is_fetched:
        channel.next_at = timezone.now()
    else:
        token = _give_token(channel)
    channel.save()
    return channel, token


@transaction.atomic
def change_channel(
    *, channel: Channel, by: User, every_minutes: int, settings: dict[str, Any], secret: str = ""
) -> None:
    """New settings. No secret keeps the one there is; what is there is read again, as if for the first time."""
    channel.every_minutes = every_minutes
    channel.settings = settings
    if secret:
        channel.sealed_secret = seal(secret)
    channel.marker = ""
    channel.changed_by = by
    if channel.is_fetched:
        channel.next_at = timezone.now()
    channel.save()


@transaction.atomic
def renew_token(*, channel: Channel, by: User) -> str:
    """A new token for a drop; the old one ends at once."""
    token = _give_token(channel)
    channel.changed_by = by
    channel.save()
    return token


@transaction.atomic
def switch(*, channel: Channel, by: User, is_on: bool) -> None:
    """Off: nothing is fetched, and a drop's token opens nothing. What was published stays."""
    channel.is_on = is_on
    channel.changed_by = by
    if is_on and channel.is_fetched:
        channel.next_at = timezone.now()
    channel.save()


@transaction.atomic
def fetch_now(*, channel: Channel, by: User) -> None:
    """Have a job fetch at once, also what was read before."""
    if not channel.is_on or not channel.is_fetched:
        raise NotPossible("This channel is switched off, or is one that you send to. Nothing was fetched.")
    Channel.objects.filter(pk=channel.pk).update(marker="", next_at=timezone.now(), changed_by=by)
    from adminhub.broker.arrivals.tasks import run_channel  # the task calls these actions

    run_channel.defer(channel_id=channel.pk)


@transaction.atomic
def agree_to_next(*, channel: Channel, by: User) -> None:
    """An operator's word that the next export is published though much has changed; it is fetched at once."""
    if not by.is_operator:
        raise NotPossible("Only an operator can publish what is on hold. Nothing was changed.")
    Channel.objects.filter(pk=channel.pk).update(is_next_agreed=True, marker="", changed_by=by)
    channel.refresh_from_db()
    if channel.is_fetched and channel.is_on:
        fetch_now(channel=channel, by=by)


def claim(*, channel_id: int) -> Channel | None:
    """The channel, for this job alone; None: it is off, gone, or another job is at it."""
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_ENDS_AFTER)
    taken = Channel.objects.filter(free, pk=channel_id, is_on=True).update(claimed_at=now)
    return Channel.objects.select_related("school").get(pk=channel_id) if taken else None


def fetch(*, channel: Channel) -> ChannelRun:
    """Fetch once and publish what came, or note why not. Never raises for what a school or its server does wrong."""
    started = time.monotonic()
    with TemporaryDirectory(prefix="arrival-") as target:
        try:
            found = FETCHES[channel.kind](channel, Path(target))
        except Unreachable as trouble:
            return _note(channel, Outcome.UNREACHABLE, started, message=str(trouble))
        if isinstance(found, NothingNew):
            return _note(channel, Outcome.NOTHING_NEW, started, message=found.reason)
        upload = _publish(channel, found)
    channel.marker = found.marker
    return _note_upload(channel, upload, started)


def receive(*, channel: Channel, path: Path) -> ChannelRun:
    """Publish what a school has sent to its drop, or note why not."""
    started = time.monotonic()
    upload = _publish(channel, Files((path,), marker=""))
    return _note_upload(channel, upload, started)


def channel_of_token(token: str) -> Channel | None:
    """The drop this token opens, if it is switched on."""
    return (
        Channel.objects.select_related("school")
        .filter(token_hash=hash_of(token), kind=Channel.Kind.DROP, is_on=True)
        .first()
    )


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _give_token(channel: Channel) -> str:
    token = f"drop_{secrets.token_urlsafe(32)}"
    channel.token_hash, channel.token_hint = hash_of(token), token[-4:]
    return token


def _publish(channel: Channel, found: Files | Reading) -> SourceUpload:
    if isinstance(found, Files):
        upload = publish_files(
            school=channel.school, paths=found.paths, by=None, is_agreed=channel.is_next_agreed
        )
    else:
        upload = publish(
            school=channel.school, roster=found.roster, by=None, is_agreed=channel.is_next_agreed
        )
    go_on_after(upload, school=channel.school)
    return upload


def _note_upload(channel: Channel, upload: SourceUpload, started: float) -> ChannelRun:
    if upload.outcome not in (SourceUpload.Outcome.REFUSED, SourceUpload.Outcome.HELD):
        channel.is_next_agreed = False
    return _note(channel, upload.outcome, started, message=" ".join(upload.reasons), counts=upload.counts)


@transaction.atomic
def _note(
    channel: Channel,
    outcome: str,
    started: float,
    *,
    message: str = "",
    counts: dict[str, int] | None = None,
) -> ChannelRun:
    now = timezone.now()
    has_failed = outcome in FAILED
    # No news is no better than the news before: what was on hold or failing stays so.
    if outcome != Outcome.NOTHING_NEW or channel.last_outcome in ("", Outcome.UNREACHABLE):
        channel.last_outcome, channel.message = outcome, message
    channel.failures = channel.failures + 1 if has_failed else 0
    channel.last_at = now
    if not has_failed and outcome != Outcome.HELD:
        channel.last_good_at = now
    if channel.is_fetched:
        usual = timedelta(minutes=channel.every_minutes)
        wait = min(usual, FIRST_WAIT * 2 ** (channel.failures - 1)) if has_failed else usual
        channel.next_at = now + wait
    channel.claimed_at = None
    fields = ["last_outcome", "message", "failures", "last_at", "last_good_at", "next_at", "claimed_at"]
    fields.append("is_next_agreed")
    # Whoever has changed the settings meanwhile wins: what was learned and read belongs to the old ones.
    if Channel.objects.filter(pk=channel.pk, changed_at=channel.changed_at).exists():
        fields += ["settings", "marker"]
    channel.save(update_fields=fields)
    run = ChannelRun.objects.create(
        channel=channel,
        at=now,
        outcome=outcome,
        message=message,
        counts=counts or {},
        milliseconds=round((time.monotonic() - started) * 1000),
    )
    kept = channel.runs.values_list("pk", flat=True)[:RUNS_KEPT]
    channel.runs.exclude(pk__in=list(kept)).delete()
    return run
