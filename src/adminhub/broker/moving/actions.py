"""Rehearsing a change of MIS, carrying it out, and telling the apps."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from adminhub.broker.consent.history import note_new_data
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.moving.carrying import Carried, Move
from adminhub.broker.moving.models import MISMove
from adminhub.broker.moving.queries import decode_roster, encode_roster, rehearsal_of
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.holds import roster_of_one_school
from adminhub.broker.sources.models import Source, SourcePart, SourceUpload
from adminhub.broker.sources.own_ids import with_own_ids
from adminhub.broker.sources.profiles import profiles_of
from adminhub.broker.sources.queries import known_ids
from adminhub.broker.webhooks.actions import announce
from adminhub.mis import read
from adminhub.mis.roster import Roster

State = MISMove.State
REHEARSALS_KEPT = timedelta(days=30)
TOLD = (Consent.State.APPROVED, Consent.State.AUDITED, Consent.State.AUDIT_FAILED)


class NotAsShown(NotPossible):
    """The data has changed since the rehearsal was shown; look at it again."""


def rehearse_files(*, school: School, paths: Sequence[Path], by: User) -> MISMove:
    """Read the new MIS's export and keep the reading for the rehearsal. Nothing is published.

    Raises Refused for files that cannot be read, and NotPossible for another school's or before any was published.
    """
    source = Source.objects.filter(school=school, last_published_at__isnull=False).first()
    if source is None:
        raise NotPossible("Nothing of this school was ever published, so there is nothing to carry over.")
    roster = roster_of_one_school(read(paths, profiles=profiles_of(school)), school)
    if not isinstance(roster, Roster):
        raise NotPossible(" ".join(roster))
    return rehearse_roster(school=school, roster=roster, by=by)


def rehearse_roster(*, school: School, roster: Roster, by: User | None) -> MISMove:
    """The same for what has been read already. A rehearsal there is, is given up for this one."""
    with school_scope(school.pk):
        source = Source.objects.get(school=school)
        if roster.personal_ids:
            roster = with_own_ids(roster, known_ids(school))
        _end(MISMove.objects.all(), by=by)
        move = MISMove(
            school=school,
            migrate_from=source.format,
            migrate_to=roster.format,
            roster=encode_roster(roster),
            by=by,
        )
        found = rehearsal_of(school, move)
        move.counts = counts_of(found)
        move.save()
        return move


def counts_of(found: Move) -> dict[str, int]:
    """How many keep, lose and get an id."""
    return {
        f"{kind}s_{what}": sum(1 for each in people if _kind(each) == kind)
        for kind in ("pupil", "employee")
        for what, people in (("kept", found.carried), ("lost", found.losing), ("new", found.fresh))
    }


def carry_out(*, school: School, move_id: int, shown: str, by: User) -> SourceUpload:
    """Give the people who are carried their new MIS ids under the ids apps know, publish, and tell the apps.

    Raises NotAsShown where it would not do what was `shown` (the rehearsal's fingerprint); nothing was changed then.
    """
    with school_scope(school.pk):
        move = MISMove.objects.select_for_update().filter(pk=move_id, state=State.REHEARSED).first()
        if move is None:
            raise NotPossible("This rehearsal is over. Nothing was changed. Rehearse the change anew.")
        source = Source.objects.select_for_update().get(school=school)
        found = rehearsal_of(school, move)
        if found.fingerprint != shown or source.format != move.migrate_from:
            raise NotAsShown(
                "The data has changed since this was shown. Nothing was changed. Look at it again."
            )
        roster = decode_roster(bytes(move.roster or b""))
        _rename(school, found.carried, move, with_contacts=bool(roster.contacts))
        SourcePart.objects.all().delete()
        upload = publish(school=school, roster=roster, by=by, is_agreed=True)
        if upload.outcome not in (SourceUpload.Outcome.PUBLISHED, SourceUpload.Outcome.UNCHANGED):
            raise NotPossible(" ".join(upload.reasons))
        _say_old_ids_in_deletions(school, move)
        note_new_data(school=school)
        move.state, move.roster, move.over_at, move.over_by = State.DONE, None, timezone.now(), by
        move.counts = counts_of(found)
        move.save()
        _tell_apps(school, move)
    return upload


def give_up(*, school: School, move_id: int, by: User) -> None:
    """Forget the rehearsal; nothing was changed by it."""
    with school_scope(school.pk):
        _end(MISMove.objects.filter(pk=move_id), by=by)


def give_up_old_rehearsals() -> None:
    """Forget every school's rehearsals that nobody has carried out for a month, and with them what was read."""
    for school in School.objects.filter(source__isnull=False):
        with school_scope(school.pk):
            _end(MISMove.objects.filter(at__lt=timezone.now() - REHEARSALS_KEPT), by=None)


def _end(moves: QuerySet[MISMove], *, by: User | None) -> None:
    moves.filter(state=State.REHEARSED).update(
        state=State.GIVEN_UP, roster=None, over_at=timezone.now(), over_by=by
    )


def _kind(each: object) -> str:
    return str(getattr(each, "kind", None) or getattr(each, "person").kind)  # noqa: B009 one of three values


def _rename(school: School, carried: Sequence[Carried], move: MISMove, *, with_contacts: bool) -> None:
    """Put every old MIS id out of the way, so that no number of the new MIS meets a stranger's, then give the new ones.

    A year group or house is known by its name and stays. All tables are constants of this module.
    """
    before = _prefix(move)
    tables = ["pupil", "employee", "schoolclass", *(["contact"] if with_contacts else [])]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"UPDATE broker_sources_{table} SET mis_id = left(%s || mis_id, 200) WHERE school_id = %s",  # noqa: S608
                [before, school.pk],
            )
        cursor.execute(
            "UPDATE broker_sources_group SET mis_id = left(%s || mis_id, 200) "
            "WHERE school_id = %s AND type = 'REGISTRATION'",
            [before, school.pk],
        )
        for kind in ("pupil", "employee"):
            pairs = [(each.person.record_id, each.new_mis_id) for each in carried if each.person.kind == kind]
            cursor.execute(
                f"UPDATE broker_sources_{kind} t SET mis_id = i.mis_id "  # noqa: S608
                "FROM unnest(%s::bigint[], %s::text[]) AS i (id, mis_id) WHERE t.id = i.id AND t.school_id = %s",
                [[pair[0] for pair in pairs], [pair[1] for pair in pairs], school.pk],
            )


def _prefix(move: MISMove) -> str:
    return f"{move.migrate_from}:{move.pk}:"


def _say_old_ids_in_deletions(school: School, move: MISMove) -> None:
    """Apps are told of the MIS ids they know, not of where those were put."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE broker_sources_deletion SET mis_id = substr(mis_id, %s) "
            "WHERE school_id = %s AND starts_with(mis_id, %s)",
            [len(_prefix(move)) + 1, school.pk, _prefix(move)],
        )


def _tell_apps(school: School, move: MISMove) -> None:
    """The schoolMigration webhook, to every app the school lets read."""
    for consent in Consent.objects.filter(school=school, state__in=TOLD).select_related("app"):
        announce(
            app=consent.app,
            school=school,
            payload_type="schoolMigration",
            migrate_from=move.migrate_from,
            migrate_to=move.migrate_to,
            scheduled_at=move.at.isoformat(),
            completed_at=move.over_at.isoformat() if move.over_at else None,
        )
