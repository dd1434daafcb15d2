"""Every field of the hub that says something about a person: what for, how long, and where it goes.

A test insists that each field of each table is either here or named as impersonal; docs/reference/personal-data.md
is made of this.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """One personal field. `leaves` says where it goes outside the hub, and on what condition."""

    purpose: str
    kept: str
    leaves: str


WITH_PERSON = "As long as the school keeps the person in the hub."
WITH_SYNC = "With the sync that fetched it; a newer sync takes its place."
WITH_JOURNAL = "13 months, or as long as the school sets; never longer than the person."
WITH_LOG_IN = "As long as the person has a log-in."
WITH_LINK = "Until MIS IDs are cleared."
NOWHERE = "Nowhere."
TO_SERVICE = "To the services in which the person has access."
IF_PERMITTED = (
    "To the services in which the pupil has access, if their list of permitted pupil fields has it."
)

_SHOWN = "Shows people who this is."
_MATCHED = "Finds the same person again in the MIS."

PERSONAL: dict[str, Personal] = {
    "User.email": Personal(
        "Logs in, and gets letters.", WITH_LOG_IN, "To the services the person signs in to."
    ),
    "User.password": Personal("Logs in; only its hash is kept.", WITH_LOG_IN, NOWHERE),
    "User.title": Personal("Addresses the person.", WITH_LOG_IN, NOWHERE),
    "User.first_name": Personal(
        "Addresses the person.", WITH_LOG_IN, "To the services the person signs in to."
    ),
    "User.last_name": Personal(
        "Addresses the person.", WITH_LOG_IN, "To the services the person signs in to."
    ),
    "Employee.title": Personal(_SHOWN, WITH_PERSON, TO_SERVICE),
    "Employee.forename": Personal(_SHOWN, WITH_PERSON, TO_SERVICE),
    "Employee.surname": Personal(_SHOWN, WITH_PERSON, TO_SERVICE),
    "Employee.legal_forename": Personal(_MATCHED, WITH_PERSON, NOWHERE),
    "Employee.legal_surname": Personal(_MATCHED, WITH_PERSON, NOWHERE),
    "Employee.former_surname": Personal(_MATCHED, WITH_PERSON, NOWHERE),
    "Employee.email": Personal("Matches and reaches the person.", WITH_PERSON, TO_SERVICE),
    "Employee.staff_code": Personal("The school's short name for the person.", WITH_PERSON, TO_SERVICE),
    "Employee.teacher_number": Personal(_MATCHED, WITH_PERSON, NOWHERE),
    "Employee.job": Personal("Tells teachers from other staff.", WITH_PERSON, NOWHERE),
    "Pupil.forename": Personal(_SHOWN, WITH_PERSON, TO_SERVICE),
    "Pupil.surname": Personal(_SHOWN, WITH_PERSON, TO_SERVICE),
    "Pupil.legal_forename": Personal(_MATCHED, WITH_PERSON, IF_PERMITTED),
    "Pupil.legal_surname": Personal(_MATCHED, WITH_PERSON, IF_PERMITTED),
    "Pupil.former_surname": Personal(_MATCHED, WITH_PERSON, NOWHERE),
    "Pupil.middle_names": Personal(_MATCHED, WITH_PERSON, IF_PERMITTED),
    "Pupil.birthday": Personal("Matches, and tells namesakes apart.", WITH_PERSON, IF_PERMITTED),
    "Pupil.sex": Personal("Groups results, where a service does.", WITH_PERSON, IF_PERMITTED),
    "Pupil.upn": Personal(_MATCHED, WITH_PERSON, IF_PERMITTED),
    "Pupil.uln": Personal(_MATCHED, WITH_PERSON, IF_PERMITTED),
    "Pupil.admission_number": Personal("The school's own number for the pupil.", WITH_PERSON, IF_PERMITTED),
    "Pupil.year_group": Personal("Puts the pupil into lists and surveys.", WITH_PERSON, IF_PERMITTED),
    "Pupil.email": Personal(
        "Matches the pupil; logs in where a service lets pupils.", WITH_PERSON, IF_PERMITTED
    ),
    "Enrolment.starts_on": Personal("Says since when somebody is in a class.", WITH_PERSON, TO_SERVICE),
    "Enrolment.ends_on": Personal("Says when somebody left a class.", WITH_PERSON, TO_SERVICE),
    "FieldOverride.mis_value": Personal(
        "Puts the MIS's value back when the school gives up its own.",
        "Until the school gives up its own value.",
        NOWHERE,
    ),
    "Group.name": Personal("Names a set the school made.", "Until the school deletes the group.", NOWHERE),
    "Group.description": Personal("Explains a set the school made.", "Until the school deletes it.", NOWHERE),
    "MISLink.mis_id": Personal("Says which record of the MIS this person is.", WITH_LINK, NOWHERE),
    "MISLink.broker_id": Personal("Says which record of the broker this person is.", WITH_LINK, NOWHERE),
    "MISLink.upi": Personal("Finds the record again when the broker's key changes.", WITH_LINK, NOWHERE),
    "ScheduledDeletion.delete_on": Personal(
        "Says when somebody who left is deleted.", "Until then, or until it is cancelled.", NOWHERE
    ),
    "Connection.approver": Personal(
        "Says on whom the request waits.", "With the connection.", "To the broker, on Submit."
    ),
    **{
        f"StagedEmployee.{name}": Personal("Reviewed before it is written.", WITH_SYNC, NOWHERE)
        for name in [
            "broker_id",
            "mis_id",
            "upi",
            "title",
            "forename",
            "surname",
            "legal_forename",
            "legal_surname",
            "email",
            "staff_code",
            "teacher_number",
            "job",
            "started",
        ]
    },
    **{
        f"StagedPupil.{name}": Personal("Reviewed before it is written.", WITH_SYNC, NOWHERE)
        for name in [
            "broker_id",
            "mis_id",
            "upi",
            "forename",
            "surname",
            "legal_forename",
            "legal_surname",
            "middle_names",
            "birthday",
            "sex",
            "upn",
            "former_upn",
            "uln",
            "admission_number",
            "year_group",
            "registration_group",
            "email",
            "classes",
            "started",
        ]
    },
    **{
        f"StagedElsewhere.{name}": Personal(
            "Keeps a leaver from being taken for somebody else; only of who looks like somebody in the hub.",
            WITH_SYNC,
            NOWHERE,
        )
        for name in [
            "mis_id",
            "title",
            "forename",
            "surname",
            "legal_forename",
            "legal_surname",
            "middle_names",
            "birthday",
            "sex",
            "number",
            "former_number",
            "uln",
            "code",
            "email",
            "started",
        ]
    },
    "Snapshot.hidden": Personal(
        "Says, by the broker's keys, who is no leaver but is not shared.", WITH_SYNC, NOWHERE
    ),
    "StagedClass.employees": Personal("Says who leads the class, by the broker's keys.", WITH_SYNC, NOWHERE),
    "StagedIssue.record": Personal("Says which row of the MIS needs attention.", WITH_SYNC, NOWHERE),
    "StagedIssue.message": Personal("Says what is remarkable about the row.", WITH_SYNC, NOWHERE),
    "Rollover.choices": Personal(
        "Points, by number, at pupils who go another way than the others.",
        "With the history of promotions.",
        NOWHERE,
    ),
    "Rollover.moved": Personal(
        "Points, by number, at pupils who moved up before it was applied.",
        "With the history of promotions.",
        NOWHERE,
    ),
    "Rollover.listing": Personal(
        "Says which rows of an uploaded class list name nobody for sure.",
        "Until the promotion is applied or given up.",
        NOWHERE,
    ),
    "MatchRow.reasons": Personal("Says why two records are or may be one person.", WITH_SYNC, NOWHERE),
    "MatchRow.candidates": Personal("Points at who it may be, by number.", WITH_SYNC, NOWHERE),
    "MatchRow.name": Personal("Sorts the review's list.", WITH_SYNC, NOWHERE),
    "MatchRow.search": Personal("Searches the review's list.", WITH_SYNC, NOWHERE),
    **{
        f"Decision.{name}": Personal(
            "Remembers what a coordinator decided about a record, so that no sync asks twice.",
            "As long as the school has a hub, or until the coordinator decides otherwise.",
            NOWHERE,
        )
        for name in ("mis_id", "keys", "name")
    },
    **{
        f"ReviewStep.{name}": Personal("Lets a decision be undone.", WITH_SYNC, NOWHERE)
        for name in ("lines", "decisions")
    },
    "PlannedChange.before": Personal("Shows what will change, and what has.", WITH_JOURNAL, NOWHERE),
    "PlannedChange.after": Personal("Shows what will change, and what has.", WITH_JOURNAL, NOWHERE),
    "JournalEntry.before": Personal("Lets a sync be undone.", WITH_JOURNAL, NOWHERE),
    "JournalEntry.after": Personal("Lets a sync be undone.", WITH_JOURNAL, NOWHERE),
}

IMPERSONAL = frozenset(
    {
        *(f"AuditEntry.{name}" for name in ("action", "subject", "detail")),
        *(
            f"School.{name}"
            for name in [
                "name",
                "urn",
                "laestab",
                "phase",
                "address_line_1",
                "address_line_2",
                "town",
                "postcode",
            ]
        ),
        *(
            f"Service.{name}"
            for name in ["slug", "name", "summary", "url", "oidc_client_id", "webhook_url", "pupil_fields"]
        ),
        "Subscription.starts_on",
        "RoleGrant.role",
        *(
            f"SchoolClass.{name}"
            for name in ["kind", "name", "subject", "description", "year_groups", "origin"]
        ),
        *(f"{model}.origin" for model in ("Employee", "Pupil", "Enrolment")),
        "FieldOverride.field",
        *(f"MISLink.{name}" for name in ("kind", "provider", "lost_why")),
        *(f"Rollover.{name}" for name in ("state", "source", "apply_on", "problem")),
        *(f"FeedEntry.{name}" for name in ("kind", "change")),
        *(
            f"Connection.{name}"
            for name in [
                "provider",
                "state",
                "broker_school_id",
                "broker_school_name",
                "mis_name",
                "token_sealed",
                "reason",
                "findings",
            ]
        ),
        *(f"ConnectionEvent.{name}" for name in ("kind", "text")),
        *(f"BrokerSchool.{name}" for name in ("provider", "broker_school_id")),
        *(f"Snapshot.{name}" for name in ("state", "counts", "scope", "withheld", "news", "problem")),
        "StagedElsewhere.kind",
        *(
            f"StagedClass.{name}"
            for name in ["kind", "broker_id", "mis_id", "name", "subject", "description", "year_groups"]
        ),
        *(f"StagedIssue.{name}" for name in ("kind", "field")),
        *(f"MatchRow.{name}" for name in ("kind", "status", "agreement", "score", "lost_why")),
        *(f"Decision.{name}" for name in ("kind",)),
        *(f"ReviewStep.{name}" for name in ("kind", "deed", "hub_ids", "staged_ids", "made")),
        *(
            f"Plan.{name}"
            for name in (
                "kind",
                "purpose",
                "title",
                "undoes",
                "only",
                "state",
                "counts",
                "holds",
                "confirmed",
            )
        ),
        *(f"PlannedChange.{name}" for name in ("kind", "subject", "table", "reason")),
        *(f"JournalEntry.{name}" for name in ("table",)),
        *(f"Move.{name}" for name in ("state", "outcomes")),
        "NotOnePerson.kind",
        *(
            f"SyncRun.{name}"
            for name in ("state", "trigger", "mode", "outcome", "problem", "progress", "counts", "duration")
        ),
        *(
            f"SyncSettings.{name}"
            for name in [
                "policy",
                "rhythm",
                "nightly_at",
                "paused_from",
                "paused_until",
                "thresholds",
                "grant_on_sync",
                "scope",
                "chosen",
            ]
        ),
        "SyncClock.told",
        *(f"Panel.{name}" for name in ("kind", "state")),
        *(f"SyncStep.{name}" for name in ("name", "result")),
        *(f"Shown.{name}" for name in ("kind", "key")),
        *(f"Delivery.{name}" for name in ("state", "last_answer")),
        "WebhookSecret.sealed",
    }
)


def as_page() -> str:
    """The reference page of it."""
    rows = [
        f"| {key} | {personal.purpose} | {personal.kept} | {personal.leaves} |"
        for key, personal in PERSONAL.items()
    ]
    head = [
        "# Personal data in the hub",
        "",
        "Made from `adminhub.hub.core.personal_data`; a test keeps the two the same.",
        "",
        "| Field | What for | Kept | Leaves the hub |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"
