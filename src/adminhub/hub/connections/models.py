"""Consent as the hub sees it: one school, one provider, one consent, from requested to revoked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.schools.models import School, User


class State(models.TextChoices):
    """Where a connection stands.

    requested ──approve──▶ auditing ──ok──▶ authorised
        │                     └──fails──▶ audit_failed ──again──▶ auditing
        ├──school unknown to the broker: requested, with `needs_setup` set, until it is set up
        ├──decline──▶ declined                       authorised ──school revokes──▶ revoked
        └──any live state ──Deauthorise──▶ deauthorised
    declined, revoked and deauthorised are ends: authorising again makes a new connection.
    """

    REQUESTED = "requested", "Waiting for approval"
    AUDITING = "auditing", "Being checked"
    AUDIT_FAILED = "audit_failed", "Check failed"
    AUTHORISED = "authorised", "Authorised"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked by the school"
    DEAUTHORISED = "deauthorised", "Deauthorised"


LIVE_STATES = (State.REQUESTED, State.AUDITING, State.AUDIT_FAILED, State.AUTHORISED)


class Connection(SchoolOwned):
    """A school's connection to its MIS through one provider."""

    provider = models.CharField(max_length=30, help_text="A module of hub.providers, such as wonde")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    state_since = models.DateTimeField()
    needs_setup = models.BooleanField(
        default=False,
        help_text="The school is new to the broker, which must set it up first",
    )
    is_online = models.BooleanField(default=True, help_text="The broker reaches the school's MIS")
    broker_school_id = models.CharField(max_length=40)
    broker_school_name = models.CharField(max_length=200)
    mis_name = models.CharField(max_length=60, blank=True, help_text="SIMS, Arbor …, in the broker's words")
    token_sealed = models.BinaryField(
        null=True,
        blank=True,
        help_text="The school's own token, sealed with HUB_TOKEN_KEY; empty: use the app's",
    )
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    authorised_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=1000,
        blank=True,
        help_text="Why it was declined, revoked or failed its check",
    )
    findings = models.JSONField(
        default=list,
        help_text="What the broker's check found: weight (passed, remark, problem) and sentence",
    )
    approver = models.CharField(
        max_length=320, blank=True, help_text="Whom the coordinator named as the person who can approve"
    )
    reminded_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the broker was last asked for the state"
    )
    mis_changing_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the broker said that the school changes its MIS; empty once a person has gone through it",
    )
    pulled_at = models.DateTimeField(null=True, blank=True, help_text="When data last came whole")

    class Meta:
        db_table = "connection"
        constraints = (
            models.UniqueConstraint(
                fields=("school",),
                condition=Q(state__in=[state.value for state in LIVE_STATES]),
                name="school_has_one_live_connection",
            ),
        )

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


class ConnectionEvent(SchoolOwned):
    """One line of a connection's timeline."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=30, help_text="requested, reminded, approved, declined, audited, …")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=1000)

    class Meta:
        db_table = "connection_event"
        ordering = ("id",)


class BrokerSchool(models.Model):
    """Which of our schools a broker's school id means, so that a webhook finds its school.

    Holds no personal data and is not under row-level security.
    """

    provider = models.CharField(max_length=30)
    broker_school_id = models.CharField(max_length=40)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    poll_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="When to ask the broker for the state next; empty: no live connection",
    )

    class Meta:
        db_table = "broker_school"
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "broker_school_id"),
                name="broker_school_is_one_of_ours",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} school {self.broker_school_id}"
