"""What has come otherwise since a kind of thing was last settled, so that a night's work is as large as its change.

Of a kind that is not noted here nobody knows what is new: all of it is looked at. Needs the school's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec

from adminhub.hub.staging.models import Snapshot

MOST = 2_000
"""Records of one sort; beyond, everything is looked at, which costs no more."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What is new for one kind since its plan was last made so."""

    feed: int
    """The newest entry of the change feed when the hub was last compared."""
    decided: str
    """What people had decided by then; see `planning.narrowing`."""
    employees: frozenset[int] = frozenset()
    """Keys of staged rows that came, changed or went."""
    classes: frozenset[int] = frozenset()
    pupils: frozenset[int] = frozenset()
    ours: frozenset[int] = frozenset()
    """Pupils of the hub of whom it is known only now, or no longer, who they are in the MIS."""
    places: dict[str, int] = {}
    """By broker_id, how many pupils a class has gained or lost, or has with another year group."""


def news_of(snapshot: Snapshot, kind: str) -> News | None:
    """What is new for a kind; None when nobody knows."""
    noted = snapshot.news.get(kind)
    return msgspec.convert(noted, News) if noted is not None else None


def begin_anew(snapshot: Snapshot, kind: str, news: News) -> None:
    """Note that a kind is settled: from now on only this is new."""
    _change(snapshot, lambda noted: {**noted, kind: news})


def tell(
    snapshot: Snapshot,
    *,
    employees: Collection[int] = (),
    classes: Collection[int] = (),
    pupils: Collection[int] = (),
    ours: Collection[int] = (),
    places: Mapping[str, int] | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Note for everything that is settled, or `only` for this, that these records are otherwise now."""
    more = {"employees": employees, "classes": classes, "pupils": pupils, "ours": ours}
    if any(more.values()):
        _change(
            snapshot,
            lambda noted: {
                kind: _with(news, more, places or {}) if only is None or kind in only else news
                for kind, news in noted.items()
            },
        )


def forget(snapshot: Snapshot, only: Collection[str] | None = None) -> None:
    """Have everything, or `only` this, looked at whole the next time."""
    _change(
        snapshot,
        lambda noted: (
            {} if only is None else {kind: news for kind, news in noted.items() if kind not in only}
        ),
    )


def _with(news: News, more: Mapping[str, Collection[int]], places: Mapping[str, int]) -> News:
    counts = dict(news.places)
    for place, many in places.items():
        counts[place] = counts.get(place, 0) + many
    added = {name: getattr(news, name) | frozenset(keys) for name, keys in more.items()}
    return msgspec.structs.replace(news, places=counts, **added)


def _change(snapshot: Snapshot, change: Callable[[dict[str, News]], dict[str, News]]) -> None:
    """Under a lock, for a person may settle a kind while a night's sync takes something in."""
    locked: Snapshot = Snapshot.objects.select_for_update(of=("self",)).get(pk=snapshot.pk)
    before = {kind: msgspec.convert(noted, News) for kind, noted in locked.news.items()}
    after = {kind: news for kind, news in change(before).items() if not _is_too_much(news)}
    if after != before:
        Snapshot.objects.filter(pk=snapshot.pk).update(news=msgspec.to_builtins(after))
    snapshot.news = msgspec.to_builtins(after)


def _is_too_much(news: News) -> bool:
    return max(map(len, (news.employees, news.classes, news.pupils, news.ours))) > MOST
