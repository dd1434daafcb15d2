"""What stands in a school's record of processing (UK GDPR Article 30), and in the pack for a DPIA (Article 35)."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from adminhub.broker.apps.catalogue import CLASSES, EMPLOYEES, GROUPS, HEALTH, PUPILS, SUPPORT
from adminhub.broker.apps.models import AppPermission
from adminhub.broker.consent.access import Reach, access_in_force, reach
from adminhub.broker.consent.models import Consent, ConsentPermission
from adminhub.broker.directory.models import Responsibility, School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.papers.values import Paper, Part, Table
from adminhub.broker.portal.queries import OPENS_DETAILS, documents_of

SUBJECTS = {
    PUPILS: "pupils",
    EMPLOYEES: "staff",
    CLASSES: "pupils and staff, by class",
    GROUPS: "pupils and staff",
}
# Article 9 data, and what schools guard like it. Of the further facts about pupils, all but these are.
SENSITIVE_GROUPS = (HEALTH, SUPPORT)
FURTHER_FACTS = "students.extended_details."
NOT_SENSITIVE = frozenset(
    f"{FURTHER_FACTS}{field}.read"
    for field in ("application_status", "boarding_status", "enrolment_status", "gifted_and_talented_status")
)
RECORD_HEADS = (
    "Recipient",
    "State",
    "Data subjects",
    "Personal data",
    "Purpose",
    "Kept",
    "About how many",
    "Allowed by, when",
    "Ended",
    "Deletion confirmed",
)


def made_now() -> str:
    """When, and by what, the paper was made."""
    return f"Made by {settings.BROKER_NAME} on {_moment(timezone.now())}"


def record_of_processing(school: School) -> Paper:
    """Every app that has, or had, access: what of whom, why, how long, on whose decision."""
    consents = list(school.consents.select_related("app").order_by("app__name"))
    parts = [
        Part("The controller", (f"{school.name}, {', '.join(school.address)}.", *_numbers(school))),
        Part(
            "Whom to ask", tuple(_people(school)) or ("Nobody is named as responsible for data protection.",)
        ),
    ]
    for consent in consents:
        rows = _allowed(consent) or _allowed_once(consent)
        if rows:
            parts.append(_activity(consent, rows))
    if len(parts) == 2:
        parts.append(Part("Recipients", ("No app has, or had, access to the school's data.",)))
    parts.append(Part("Security", _safeguards()))
    parts.append(
        Part(
            "For the school to add",
            (
                "The lawful basis of each activity, transfers outside the United Kingdom if a recipient makes any, and "
                f"processing that does not go through {settings.BROKER_NAME}.",
            ),
        )
    )
    return Paper("Record of processing activities", school.name, made_now(), parts)


def record_table(school: School) -> Table:
    """The same, one row for each kind of data and recipient, for a spreadsheet."""
    found = []
    for consent in school.consents.select_related("app").order_by("app__name"):
        seen = _reach(consent)
        erasure = consent.erasures.first()
        for row in _allowed(consent) or _allowed_once(consent):
            asked = row.permission
            found.append(
                (
                    f"{consent.app.name} ({consent.app.publisher})",
                    consent.get_state_display(),
                    SUBJECTS.get(asked.group, asked.group.lower()),
                    asked.plain,
                    asked.purpose,
                    asked.retention,
                    _how_many(asked.group, seen),
                    f"{consent.decided_by_name}, {_moment(consent.decided_at)}"
                    if consent.is_approved
                    else "",
                    _moment(consent.decided_at) if consent.state == Consent.State.REVOKED else "",
                    _moment(erasure.confirmed_at) if erasure is not None else "",
                )
            )
    return Table(RECORD_HEADS, (1,) * len(RECORD_HEADS), found)


def assessment_pack(consent: Consent) -> Paper:
    """What a school needs to assess one app: what is known is filled in, what only the school knows has lines."""
    app, school, seen = consent.app, consent.school, _reach(consent)
    sensitive = [row for row in _asked(consent) if _is_sensitive(row.permission)]
    parts = [
        Part("1. What the app does", (app.purpose, f"Published by {app.publisher}.", *_contacts(consent))),
        Part("2. Whose data", (_who(consent, seen),)),
        Part(
            "3. Which data, and why",
            (
                "Required facts cannot be left out; optional ones are the school's choice. "
                "What is not listed is not given.",
            ),
            assessment_table(consent),
        ),
        Part(
            "4. Special categories and what schools guard like them",
            tuple(f"{row.permission.plain}: {row.permission.purpose}." for row in sensitive)
            or ("None is asked for.",),
        ),
        Part("5. How it is protected", _safeguards()),
        Part("6. What the app has agreed to", _agreements(consent)),
        Part(
            "7. Decisions so far",
            tuple(
                f"{event.get_kind_display()}: {event.by_name}, {_moment(event.at)}."
                for event in consent.events.all()
            ),
        ),
        Part(
            "8. For the school to decide",
            lines=(
                "Lawful basis",
                "Is each fact needed for the purpose? What could be left out?",
                "Risks to pupils and staff, and what reduces them",
                "Advice of the data protection officer",
                "Decision, name, position, date",
            ),
        ),
    ]
    return Paper(f"Data protection impact assessment: {app.name}", school.name, made_now(), parts)


def _is_sensitive(permission: AppPermission) -> bool:
    identity = permission.identity
    return permission.group in SENSITIVE_GROUPS or (
        identity.startswith(FURTHER_FACTS) and identity not in NOT_SENSITIVE
    )


def assessment_table(consent: Consent) -> Table:
    """Every fact the app asks for."""
    rows = [
        (
            row.permission.group,
            row.permission.plain,
            "optional" if row.permission.is_optional else "required",
            ("allowed" if row.is_approved else "not allowed") if consent.is_approved else "not decided",
            row.permission.purpose,
            row.permission.retention or "not stated",
        )
        for row in _asked(consent)
    ]
    return Table(("About", "What", "Asked as", "Now", "Why", "Kept"), (10, 26, 11, 12, 26, 22), rows)


def _activity(consent: Consent, rows: list[ConsentPermission]) -> Part:
    app, seen = consent.app, _reach(consent)
    erasure = consent.erasures.first()
    said = [f"{app.purpose} Recipient: {app.publisher}.", *_contacts(consent)]
    if consent.is_approved:
        said.append(
            f"Allowed by {consent.decided_by_name}, {_moment(consent.decided_at)}. {_who(consent, seen)}"
        )
    elif consent.decided_at is not None:
        said.append(
            f"{consent.get_state_display()} by {consent.decided_by_name}, {_moment(consent.decided_at)}."
        )
    if erasure is not None and erasure.confirmed_at is not None:
        said.append(f"Deletion confirmed by {erasure.signed_by}, {_moment(erasure.confirmed_at)}.")
    elif erasure is not None and erasure.is_open:
        said.append(f"Deletion due by {date_format(erasure.due_on, 'j F Y')}, not confirmed yet.")
    table = Table(
        ("Data subjects", "Personal data", "Purpose", "Kept"),
        (18, 32, 30, 24),
        [
            (
                SUBJECTS.get(row.permission.group, row.permission.group.lower()),
                row.permission.plain,
                row.permission.purpose,
                row.permission.retention or "not stated",
            )
            for row in rows
        ],
    )
    return Part(f"{app.name}: {consent.get_state_display().lower()}", tuple(said), table)


def _asked(consent: Consent) -> list[ConsentPermission]:
    rows = consent.permissions.filter(permission__withdrawn_at=None).select_related("permission")
    return [row for row in rows if not row.permission.identity.endswith(OPENS_DETAILS)]


def _allowed(consent: Consent) -> list[ConsentPermission]:
    return [row for row in _asked(consent) if row.is_approved]


def _allowed_once(consent: Consent) -> list[ConsentPermission]:
    """What it could read before its access ended."""
    erasure = consent.erasures.first()
    if erasure is None or consent.is_approved:
        return []
    return [row for row in _asked(consent) if row.permission.identity in erasure.permissions]


def _reach(consent: Consent) -> Reach:
    with school_scope(consent.school_id):
        return reach(access_in_force(consent))


def _who(consent: Consent, seen: Reach) -> str:
    whom = "Everybody" if seen.has_everyone else "Some, chosen by the school"
    may = "is" if consent.is_approved else "would be"
    return (
        f"{whom}: {seen.pupils:,} of {seen.all_pupils:,} pupils and {seen.employees:,} of {seen.all_employees:,} "
        f"staff {may} shared."
    )


def _how_many(group: str, seen: Reach) -> str:
    counted = {PUPILS: seen.pupils, EMPLOYEES: seen.employees}
    return str(counted[group]) if group in counted else ""


def _contacts(consent: Consent) -> list[str]:
    app = consent.app
    officer = " ".join(filter(None, (app.dpo_name, app.dpo_email)))
    return [f"Data protection officer: {officer}."] if officer else []


def _people(school: School) -> list[str]:
    found = school.administrators.filter(responsible_for__contains=[Responsibility.DATA_PROTECTION])
    return [
        f"{one.user.full_name_and_position}, {one.user.email}: data protection."
        for one in found.select_related("user")
    ]


def _numbers(school: School) -> list[str]:
    named = ((f"DfE number {school.dfe_number}", school.dfe_number), (f"URN {school.urn}", school.urn))
    return [". ".join(text for text, is_known in named if is_known)]


def _safeguards() -> tuple[str, ...]:
    name = settings.BROKER_NAME
    return (
        f"{name} gives an app nothing until an administrator of the school has approved it and the data was checked.",
        "Each fact is given only with its permission, and only of people the school shares; ending access works at the "
        "next request, and the app must confirm within 30 days that it has deleted what it held.",
        "Keys are stored as hashes, shown once, and end with the access. Every decision is kept with who and when, and "
        "sent to all administrators.",
        "Records of different schools are kept apart twice, in the program and in the database.",
    )


def _agreements(consent: Consent) -> tuple[str, ...]:
    found = []
    for readable in documents_of(consent.app):
        document = readable.document
        found.append(
            f"{document.title}, version {document.version}, {date_format(document.updated_at, 'j F Y')}:"
        )
        found += [part.text for part in readable.parts]
    return tuple(found) or ("The app brings no documents.",)


def _moment(at: object) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i") if at is not None else ""  # type: ignore[arg-type]
