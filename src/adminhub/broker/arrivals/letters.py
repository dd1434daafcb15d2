"""The letters about how exports come: one when a way stops working or is held, one when it works again."""

from django.conf import settings

from adminhub.broker.arrivals.models import Channel, ChannelRun
from adminhub.broker.directory.letters import post
from adminhub.broker.directory.links import channel_link
from adminhub.broker.directory.queries import administrators_of, operators

Outcome = ChannelRun.Outcome
TRIES_BEFORE_A_LETTER = 3
"""A server that does not answer once or twice mostly answers the next time."""


def trouble_of(channel: Channel) -> str:
    """What people are told of: held, refused, unreachable for a while; empty when nothing needs them."""
    if channel.last_outcome == Outcome.UNREACHABLE and channel.failures < TRIES_BEFORE_A_LETTER:
        return ""
    return channel.last_outcome if channel.last_outcome in WORDS else ""


def tell_of_change(channel: Channel, *, before: str) -> None:
    """Tell who decides for the school, and of a hold the operators too, if the trouble is another than before."""
    now = trouble_of(channel)
    if now == before or (not now and channel.last_outcome == Outcome.UNREACHABLE):
        return
    deciders = administrators_of(channel.school).filter(
        administrations__school=channel.school, administrations__is_read_only=False
    )
    addresses = [user.email for user in deciders.distinct()]
    if now == Outcome.HELD:
        addresses += [user.email for user in operators()] or [settings.BROKER_SUPPORT_EMAIL]
    words = WORDS.get(now, "come again")
    post(
        to=addresses,
        kind="exports",
        subject=f"Exports of {channel.school} {words}",
        context={
            "channel": channel,
            "school": channel.school,
            "words": words,
            "trouble": now,
            "link": channel_link(channel.school.broker_id, channel.pk),
        },
    )


WORDS: dict[str, str] = {
    Outcome.HELD: "are on hold",
    Outcome.REFUSED: "cannot be read",
    Outcome.UNREACHABLE: "cannot be fetched",
}
