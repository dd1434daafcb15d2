"""What a school wants of its syncs, as it is asked for on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from adminhub.hub.planning.guards import Thresholds
from adminhub.hub.schools.models import Service
from adminhub.hub.syncs.models import Policy, Rhythm, Scope, SyncSettings

WHO = (
    ("pupils", "Pupils"),
    ("teaching", "Teachers"),
    ("non_teaching", "Other staff"),
)
Choices = Sequence[tuple[str, str]]
LIMITS = (
    (
        "leavers",
        "Leavers, in percent",
        "Of the synced pupils, teachers or classes that may be missing at once.",
    ),
    (
        "leavers_in_summer",
        "Leavers around 1 September, in percent",
        "People leave then: from 20 August to 30 September this holds instead.",
    ),
    (
        "classes_in_summer",
        "Classes that end around 1 September, in percent",
        "Most classes are made anew then.",
    ),
    (
        "part",
        "Leavers of one year or registration group, in percent",
        "So that one class cannot vanish unseen.",
    ),
    (
        "part_in_summer",
        "The same around 1 September, in percent",
        "Without those who leave from their last year.",
    ),
    (
        "renamed",
        "Other names, in percent",
        "Synced people with another surname, or classes with another name.",
    ),
    ("new_ids", "Other MIS IDs, in percent", "More looks like a change of MIS, and has a page of its own."),
    ("fewer", "A shorter list, in percent", "By how much a list may have shrunk since the last full sync."),
    ("hours", "Age of the data, in hours", "Older data is not saved without your word."),
)
"""The guards' limits as the form asks for them; fewer than five people never count as too many."""


_SAME = (
    "rhythm",
    "nightly_at",
    "full_every",
    "policy",
    "paused_from",
    "paused_until",
    "scope",
    "delete_after_months",
    "keep_runs_months",
    "keep_journals_months",
)
"""The fields that the form and the settings have in common."""


class SettingsForm(forms.Form):
    """All of SyncSettings. `save_to` puts the cleaned values on it; the caller stores it."""

    rhythm = forms.ChoiceField(label="When", choices=Rhythm.choices, widget=forms.RadioSelect)
    nightly_at = forms.TimeField(
        label="Time",
        help_text="A quiet hour. The sync starts within some minutes of it, so that not every school comes at once.",
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"required": "Give a time, such as 02:30."},
    )
    full_every = forms.IntegerField(
        label="Fetch everything again after (days)",
        min_value=1,
        max_value=31,
        help_text=(
            "Between, only what has changed is fetched, which takes seconds. 7 is right for most schools; 1 fetches "
            "everything each time."
        ),
    )
    policy = forms.ChoiceField(
        label="What a sync by itself may write", choices=Policy.choices, widget=forms.RadioSelect
    )
    paused_from = forms.DateField(
        label="First day without syncs",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    paused_until = forms.DateField(
        label="First day with syncs again",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    scope = forms.ChoiceField(label="Whom a sync takes in", choices=Scope.choices, widget=forms.RadioSelect)
    years = forms.MultipleChoiceField(
        label="Year groups", required=False, widget=forms.CheckboxSelectMultiple
    )
    groups = forms.MultipleChoiceField(
        label="Registration groups", required=False, widget=forms.CheckboxSelectMultiple
    )

    delete_after_months = forms.IntegerField(
        label="Propose to delete leavers after (months)",
        min_value=1,
        max_value=120,
        help_text="Only a proposal: leavers are deleted when you schedule it on the Leavers page, and never by a sync.",
    )
    keep_runs_months = forms.IntegerField(
        label="Keep the history of syncs (months)",
        min_value=1,
        max_value=120,
        help_text="Older lines of the history go. The newest sync of each connection always stays.",
    )
    keep_journals_months = forms.IntegerField(
        label="Keep what was written, to undo it (months)",
        min_value=1,
        max_value=120,
        help_text="After that a sync can no longer be undone, and its changes can no longer be looked at one by one.",
    )

    def __init__(
        self,
        wanted: SyncSettings,
        data: Any = None,
        *,
        years: Choices,
        groups: Choices,
        services: Sequence[Service],
    ) -> None:
        super().__init__(data, initial=_initial(wanted, services))
        self._services, self._known = services, frozenset(wanted.grant_on_sync)
        self.fields["years"].choices = list(years)  # type: ignore[attr-defined]
        self.fields["groups"].choices = list(groups)  # type: ignore[attr-defined]
        for name, label, why in LIMITS:
            self.fields[f"limit_{name}"] = forms.IntegerField(
                label=label, help_text=why, min_value=1, max_value=240 if name == "hours" else 100
            )
        for service in services:
            self.fields[f"grant_{service.slug}"] = forms.MultipleChoiceField(
                label=service.name, choices=WHO, required=False, widget=forms.CheckboxSelectMultiple
            )

    @property
    def grant_fields(self) -> list[forms.BoundField]:
        """One set of ticks for each service."""
        return [self[f"grant_{service.slug}"] for service in self._services]

    @property
    def threshold_fields(self) -> list[forms.BoundField]:
        """The guards' limits."""
        return [self[f"limit_{name}"] for name, _, _ in LIMITS]

    def clean(self) -> dict[str, Any]:
        """A pause has two ends, in order; a narrowed scope names somebody."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("paused_from"), cleaned.get("paused_until")
        if (
            (start is None) != (end is None)
            and "paused_from" not in self.errors
            and "paused_until" not in self.errors
        ):
            missing = "paused_until" if start else "paused_from"
            self.add_error(missing, "A pause needs both days. Give this one too, or empty the other.")
        elif start and end and start >= end:
            self.add_error("paused_until", "The pause must end after it begins.")
        if cleaned.get("scope") == Scope.YEAR_GROUPS and not cleaned.get("years"):
            self.add_error("years", "Tick at least one year group, or take in the whole school.")
        if cleaned.get("scope") == Scope.REGISTRATION_GROUPS and not cleaned.get("groups"):
            self.add_error("groups", "Tick at least one registration group, or take in the whole school.")
        return cleaned

    def _is_asked(self, service: Service) -> bool:
        """Whether anybody has said anything about access to it; else a person's own sync proposes what is usual."""
        name = f"grant_{service.slug}"
        return bool(self.cleaned_data[name]) or name in self.changed_data or service.slug in self._known

    def values(self) -> dict[str, Any]:
        """The fields of SyncSettings, cleaned."""
        cleaned = self.cleaned_data
        chosen = {Scope.YEAR_GROUPS: cleaned["years"], Scope.REGISTRATION_GROUPS: cleaned["groups"]}
        return {
            **{name: cleaned[name] for name in _SAME},
            "chosen": list(chosen.get(cleaned["scope"], [])),
            "thresholds": {
                name: cleaned[f"limit_{name}"]
                for name, _, _ in LIMITS
                if cleaned[f"limit_{name}"] != getattr(Thresholds(), name)
            },
            "grant_on_sync": {
                service.slug: cleaned[f"grant_{service.slug}"]
                for service in self._services
                if self._is_asked(service)
            },
        }


def _initial(wanted: SyncSettings, services: Sequence[Service]) -> dict[str, Any]:
    limits = Thresholds.read(wanted.thresholds)
    return {
        **{name: getattr(wanted, name) for name in _SAME},
        **{f"limit_{name}": getattr(limits, name) for name, _, _ in LIMITS},
        "years": wanted.chosen if wanted.scope == Scope.YEAR_GROUPS else [],
        "groups": wanted.chosen if wanted.scope == Scope.REGISTRATION_GROUPS else [],
        **{f"grant_{service.slug}": wanted.grant_on_sync.get(service.slug, []) for service in services},
    }
