"""What the portal's pages show, read for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from adminhub.broker.apps.models import App, AppDocument, AppPermission
from adminhub.broker.consent.access import Choice, Reach, access_in_force, reach
from adminhub.broker.consent.models import Consent, ConsentEvent, ConsentPermission, OperatorTask
from adminhub.broker.directory.models import School, SchoolAdministrator, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import (
    Group,
    RecordStatus,
    SchoolClass,
    Source,
    SourceUpload,
)

State = Consent.State
WAITING = (State.PENDING, State.WAITING_FOR_SETUP)
APPROVED = (State.APPROVED, State.AUDITED, State.AUDIT_FAILED)
ENDED = (State.DECLINED, State.REVOKED)
DECISIONS = ("approved", "permissions_updated", "declined", "revoked")
RECENT_UPLOADS = 20
OPENS_DETAILS = "_details.read"


@dataclass(frozen=True, slots=True)
class Sharing:
    """How many people and classes there are to be seen today, and how many of them an app sees."""

    reach: Reach
    classes: int
    registration_groups: int

    @property
    def pupils(self) -> int:
        return self.reach.pupils

    @property
    def employees(self) -> int:
        return self.reach.employees


def sharing(school: School) -> Sharing:
    """Count who and what is served now."""
    with school_scope(school.pk):
        return _sharing(Choice())


def sharing_with(consent: Consent) -> Sharing:
    """The same, of the people the app may see."""
    with school_scope(consent.school_id):
        return _sharing(access_in_force(consent))


def _sharing(choice: Choice) -> Sharing:
    current = {"status": RecordStatus.CURRENT}
    return Sharing(
        reach=reach(choice),
        classes=SchoolClass.objects.filter(**current).count(),
        registration_groups=Group.objects.filter(**current, type=Group.Type.REGISTRATION).count(),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """One permission as the school sees it: asked, and on or off."""

    asked: AppPermission
    is_on: bool
    is_new: bool = False

    @property
    def field_id(self) -> str:
        return "permission-" + self.asked.identity.replace(".", "-")


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """The permissions about one kind of thing: pupils, staff, classes, groups."""

    name: str
    required: tuple[Asked, ...]
    optional: tuple[Asked, ...]
    retentions: tuple[str, ...]


def choices(consent: Consent) -> list[ChoiceGroup]:
    """What the app asks for, by group.

    A permission that only opens others ("… details") is not shown: it comes with them.
    """
    rows = consent.permissions.filter(permission__withdrawn_at=None).select_related("permission")
    asked = [
        Asked(
            row.permission,
            is_on=row.is_approved or not row.permission.is_optional,
            is_new=consent.is_approved and row.decided_at is None,
        )
        for row in rows
    ]
    parents = {choice.asked.declared.parent for choice in asked}
    shown = [
        choice
        for choice in asked
        if not (choice.asked.identity in parents and choice.asked.identity.endswith(OPENS_DETAILS))
    ]
    order = list(dict.fromkeys(choice.asked.group for choice in shown))
    shown.sort(key=lambda choice: order.index(choice.asked.group))
    return [
        _group(name, tuple(found)) for name, found in groupby(shown, key=lambda choice: choice.asked.group)
    ]


def _group(name: str, found: tuple[Asked, ...]) -> ChoiceGroup:
    return ChoiceGroup(
        name=name,
        required=tuple(choice for choice in found if not choice.asked.is_optional),
        optional=tuple(choice for choice in found if choice.asked.is_optional),
        retentions=tuple(dict.fromkeys(c.asked.retention for c in found if c.asked.retention)),
    )


def with_parents(consent: Consent, identities: Iterable[str]) -> set[str]:
    """The optional permissions switched on, and those that open them, as far as the app asks for them."""
    rows = consent.permissions.filter(permission__is_optional=True, permission__withdrawn_at=None)
    optional = {row.permission.identity: row.permission for row in rows.select_related("permission")}
    wanted: set[str] = set()
    for identity in identities:
        name: str | None = identity
        while name in optional and name not in wanted:
            wanted.add(name)
            name = optional[name].declared.parent
    return wanted


@dataclass(frozen=True, slots=True)
class Part:
    """A heading or a paragraph of a document."""

    text: str
    is_heading: bool


@dataclass(frozen=True, slots=True)
class ReadableDocument:
    """A document of the app, parted for reading on the page."""

    document: AppDocument
    parts: list[Part]


def documents_of(app: App) -> list[ReadableDocument]:
    """The app's documents: blank lines part paragraphs, and a line starting with # is a heading."""
    found = []
    for document in app.documents.all():
        texts = [text.strip() for text in document.body.replace("\r\n", "\n").split("\n\n")]
        parts = [Part(text.lstrip("# "), text.startswith("#")) for text in texts if text]
        found.append(ReadableDocument(document, parts))
    return found


def marked_for_review(consents: QuerySet[Consent]) -> QuerySet[Consent]:
    """Each with whether its app asks for something the school has not decided, though it has approved the app."""
    undecided = ConsentPermission.objects.filter(
        consent=OuterRef("pk"), decided_at=None, permission__withdrawn_at=None
    )
    is_approved = Q(state__in=APPROVED)
    return consents.annotate(is_for_review=ExpressionWrapper(is_approved & Exists(undecided), BooleanField()))


@dataclass(frozen=True, slots=True)
class Section:
    """A section of tiles on My apps; `empty` says why there are none."""

    title: str
    consents: list[Consent]
    empty: str


def sections(consents: Iterable[Consent], *, whose: str) -> list[Section]:
    """The tiles of My apps, in three sections."""
    found = list(consents)
    return [
        Section(
            "Pending approval",
            [consent for consent in found if consent.state in WAITING],
            f"No app is waiting for {whose} to decide.",
        ),
        Section(
            "Approved",
            [consent for consent in found if consent.state in APPROVED],
            f"{whose[:1].upper()}{whose[1:]} has not approved an app, so none can read its data.",
        ),
        Section(
            "Declined / revoked",
            [consent for consent in found if consent.state in ENDED],
            "No app was declined, and no access was revoked.",
        ),
    ]


def administrations_of(user: User) -> QuerySet[SchoolAdministrator]:
    """The schools somebody acts for or looks at, with how many apps wait there."""
    waiting = Count("school__consents", filter=Q(school__consents__state__in=WAITING))
    live = Count("school__consents", filter=Q(school__consents__state__in=APPROVED))
    rows = SchoolAdministrator.objects.filter(user=user).select_related("school")
    return rows.annotate(waiting=waiting, approved=live).order_by("school__name")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision as it was e-mailed to every administrator."""

    event: ConsentEvent
    permissions: list[AppPermission]


def receipts(consent: Consent, events: Iterable[ConsentEvent]) -> list[Receipt]:
    """Every decision about the consent, newest first, with the permissions it allowed."""
    asked = {permission.identity: permission for permission in consent.app.permissions.all()}
    found = [
        Receipt(event, [asked[name] for name in event.detail.get("permissions", ()) if name in asked])
        for event in events
        if event.kind in DECISIONS
    ]
    return found[::-1]


def source_of(school: School) -> Source | None:
    """The school's MIS link, if it has one."""
    return Source.objects.filter(school=school).first()


def recent_uploads(school: School) -> list[SourceUpload]:
    """The school's latest exports and what became of them, newest first."""
    with school_scope(school.pk):
        found = SourceUpload.objects.filter(source__school=school).select_related("by")
        return list(found[:RECENT_UPLOADS])


def open_set_up_tasks() -> QuerySet[OperatorTask]:
    """Schools that somebody has to contact, the longest waiting first."""
    kind = OperatorTask.Kind.SET_UP_SCHOOL
    return OperatorTask.objects.filter(kind=kind, completed_at=None).select_related("school")


def consents_to_audit() -> QuerySet[Consent]:
    """Connections an operator has to look at: the checks failed, or a person is asked to check."""
    asked = Q(
        tasks__completed_at=None, tasks__kind__in=(OperatorTask.Kind.AUDIT, OperatorTask.Kind.LOOK_AT_AUDIT)
    )
    rows = Consent.objects.filter(Q(state=State.AUDIT_FAILED) | asked & Q(state=State.APPROVED))
    return rows.select_related("app", "school").distinct().order_by("decided_at", "pk")


def troubled_sources() -> QuerySet[Source]:
    """Sources whose last export is on hold or could not be read."""
    return Source.objects.filter(state__in=(Source.State.HELD, Source.State.FAILING))


def to_do() -> dict[str, int]:
    """The numbers on the operators' tabs."""
    return {
        "set_up": open_set_up_tasks().count(),
        "audits": consents_to_audit().count(),
        "sources": troubled_sources().count(),
        "apps": App.objects.filter(released_at=None, is_active=True).count(),
    }
