"""A source made of several files that come at different times: each replaces its own part, the others stay."""

from collections.abc import Mapping, Sequence

import msgspec
from django.utils import timezone

from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.holds import system_of
from adminhub.broker.sources.models import Source, SourcePart
from adminhub.mis.joining import KINDS, is_beside
from adminhub.mis.roster import Roster

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Roster).decode


def parts_beside(school: School, new: Sequence[Roster]) -> list[Roster]:
    """What is kept of the other files of a joined source; nothing where each export is whole by itself.

    An MIS's own export takes the place of another's, unless the school has said that both count.
    """
    source = Source.objects.filter(school=school, is_joined=True).first()
    if source is None:
        return []
    systems = {system_of(roster.format) for roster in new}
    has_own = any(not is_beside(roster.format) for roster in new)
    named = {system_of(format) for format in source.believed.values()}
    with school_scope(school.pk):
        return [
            _decode(bytes(part.roster))
            for part in SourcePart.objects.exclude(system__in=systems)
            if is_beside(part.format) or not has_own or part.system in named
        ]


def believed_in(school: School) -> Mapping[str, str]:
    """Which format the school has said comes first, by kind."""
    source = Source.objects.filter(school=school).first()
    return source.believed if source is not None else {}


def keep_parts(*, school: School, new: Sequence[Roster], by: User | None) -> None:
    """Keep what was read of each format, of a joined source only, once the whole was published."""
    if not Source.objects.filter(school=school, is_joined=True).exists():
        return
    with school_scope(school.pk):
        for roster in new:
            SourcePart.objects.update_or_create(
                school=school,
                system=system_of(roster.format),
                defaults={
                    "format": roster.format,
                    "roster": _encode(roster),
                    "counts": roster.counts,
                    "at": timezone.now(),
                    "by": by,
                },
            )


def set_joining(*, school: School, is_joined: bool, believed: Mapping[str, str], by: User | None) -> None:
    """Say whether the source is made of several files, and which is believed about what. Parts go when it is not."""
    source, _ = Source.objects.get_or_create(school=school)
    source.is_joined = is_joined
    source.believed = {kind: format for kind, format in believed.items() if kind in KINDS and format}
    source.save(update_fields=["is_joined", "believed", "updated_at"])
    if not is_joined:
        with school_scope(school.pk):
            SourcePart.objects.all().delete()


def forget_part(*, school: School, part_id: int, by: User) -> None:
    """Leave this part out from the next file on. What was published stays."""
    with school_scope(school.pk):
        SourcePart.objects.filter(pk=part_id).delete()
