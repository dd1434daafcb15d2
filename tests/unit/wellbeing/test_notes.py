"""Notes hang on a pupil, and follow when the hub makes two records one or takes that back."""

from __future__ import annotations

from typing import Any

from django.test import Client

from adminhub.wellbeing.notes.models import Note
from adminhub.wellbeing.roster.actions import refresh
from adminhub.wellbeing.roster.models import Employee, Pupil, School
from tests.unit.wellbeing.conftest import AHub


def note_on(browser: Client, school: School, key: str, text: str) -> str:
    pupil = Pupil.objects.get(school=school, sourced_id=key)
    sent = browser.post(f"/schools/{school.pk}/pupils/{pupil.pk}/note/", {"text": text}, follow=True)
    return str(sent.content.decode())


def notes_of(key: str) -> list[str]:
    return list(Note.objects.filter(pupil__sourced_id=key).order_by("pk").values_list("text", flat=True))


def merge(hub: AHub, loser: str, survivor: str) -> dict[str, Any]:
    """What the hub hands over once `loser` was merged into `survivor`. Returns the row as it was."""
    row = next(row for row in hub.users if row["sourcedId"] == loser)
    before = dict(row)
    row.update(status="tobedeleted", givenName="Withheld", metadata={"mergedInto": survivor})
    return before


def take_back(hub: AHub, before: dict[str, Any]) -> None:
    hub.users = [before if row["sourcedId"] == before["sourcedId"] else row for row in hub.users]


def test_a_note_is_written_and_read(browser: Client, oak: School, hub: AHub) -> None:
    kit = hub.user()
    refresh(school_id=oak.sourced_id)
    page = note_on(browser, oak, kit, "Likes <b>chess</b>")
    assert "Likes &lt;b&gt;chess&lt;/b&gt;" in page
    assert "Ben Carter" in page
    assert "Nothing was noted" in note_on(browser, oak, kit, "  ")
    assert notes_of(kit) == ["Likes <b>chess</b>"]


def test_notes_follow_a_merge_and_come_home_when_it_is_undone(
    browser: Client, oak: School, hub: AHub
) -> None:
    kit, again = hub.user(), hub.user()
    refresh(school_id=oak.sourced_id)
    note_on(browser, oak, kit, "First")
    note_on(browser, oak, again, "Second")
    before = merge(hub, again, kit)
    for _ in range(2):
        refresh(school_id=oak.sourced_id)
        assert (notes_of(kit), notes_of(again)) == (["First", "Second"], [])
    pupil = Pupil.objects.get(sourced_id=kit)
    page = browser.get(f"/schools/{oak.pk}/pupils/{pupil.pk}/").content.decode()
    assert "merged into this one in the Admin Hub" in page
    take_back(hub, before)
    refresh(school_id=oak.sourced_id)
    assert (notes_of(kit), notes_of(again)) == (["First"], ["Second"])


def test_a_chain_of_merges_ends_on_the_last_and_each_is_undone_alone(
    browser: Client, oak: School, hub: AHub
) -> None:
    one, two, three = hub.user(), hub.user(), hub.user()
    refresh(school_id=oak.sourced_id)
    note_on(browser, oak, one, "One")
    note_on(browser, oak, two, "Two")
    merge(hub, one, two)
    refresh(school_id=oak.sourced_id)
    before = merge(hub, two, three)
    refresh(school_id=oak.sourced_id)
    assert notes_of(three) == ["One", "Two"]
    take_back(hub, before)
    refresh(school_id=oak.sourced_id)
    assert (notes_of(two), notes_of(three)) == (["One", "Two"], [])


def test_a_merge_into_somebody_we_were_not_handed_moves_nothing(
    browser: Client, oak: School, hub: AHub
) -> None:
    kit = hub.user()
    refresh(school_id=oak.sourced_id)
    note_on(browser, oak, kit, "First")
    merge(hub, kit, "00000000-0000-4000-8000-000000000000")
    refresh(school_id=oak.sourced_id)
    assert notes_of(kit) == ["First"]


def test_a_merged_pupil_whom_the_hub_does_not_speak_of_stays_merged(
    browser: Client, oak: School, hub: AHub
) -> None:
    """Missing is never read as undone."""
    kit, again = hub.user(), hub.user()
    refresh(school_id=oak.sourced_id)
    note_on(browser, oak, again, "Second")
    merge(hub, again, kit)
    refresh(school_id=oak.sourced_id)
    hub.without(again)
    refresh(school_id=oak.sourced_id)
    assert notes_of(kit) == ["Second"]


def erase(hub: AHub, key: str) -> None:
    """What the hub hands over once the school has deleted this person for good."""
    row = next(row for row in hub.users if row["sourcedId"] == key)
    row.update(status="tobedeleted", givenName="Withheld", metadata={"erased": "true"})


def test_whom_the_school_deletes_for_good_goes_with_every_note(
    browser: Client, oak: School, hub: AHub
) -> None:
    kit, again, kim, ben = hub.user(), hub.user(), hub.user(), hub.user("teacher")
    refresh(school_id=oak.sourced_id)
    for key in (kit, again, kim):
        note_on(browser, oak, key, "Noted")
    merge(hub, again, kit)
    refresh(school_id=oak.sourced_id)
    for key in (kit, again, ben):
        erase(hub, key)
    for _ in range(2):
        refresh(school_id=oak.sourced_id)
        assert [str(note.about.sourced_id) for note in Note.objects.select_related("about")] == [kim]
        assert [str(pupil.sourced_id) for pupil in Pupil.objects.all()] == [kim]
        assert not Employee.objects.exists()


def test_whom_the_hub_withdraws_or_does_not_speak_of_is_hidden_and_keeps_the_notes(
    browser: Client, oak: School, hub: AHub
) -> None:
    kit, kim = hub.user(), hub.user()
    refresh(school_id=oak.sourced_id)
    for key in (kit, kim):
        note_on(browser, oak, key, "Noted")
    next(row for row in hub.users if row["sourcedId"] == kit).update(status="tobedeleted")
    hub.without(kim)
    refresh(school_id=oak.sourced_id)
    for key in (kit, kim):
        assert Pupil.objects.get(sourced_id=key).withdrawn_at is not None
        assert notes_of(key) == ["Noted"]


def test_a_note_that_came_with_a_merge_outlives_the_other_record(
    browser: Client, oak: School, hub: AHub
) -> None:
    kit, again = hub.user(), hub.user()
    refresh(school_id=oak.sourced_id)
    note_on(browser, oak, again, "Second")
    merge(hub, again, kit)
    refresh(school_id=oak.sourced_id)
    erase(hub, kit)
    hub.without(again)
    refresh(school_id=oak.sourced_id)
    assert notes_of(again) == ["Second"]


def test_another_schools_pupil_takes_no_note(browser: Client, oak: School) -> None:
    elm = School.objects.create(sourced_id="00000000-0000-4000-8000-000000000001", name="Elm Primary")
    jo = Pupil.objects.create(
        school=elm,
        sourced_id="00000000-0000-4000-8000-000000000002",
        forename="Jo",
        surname="Novák",
        seen_at="2026-01-01T00:00:00Z",
    )
    for school in (oak, elm):
        sent = browser.post(f"/schools/{school.pk}/pupils/{jo.pk}/note/", {"text": "No"})
        assert sent.status_code == 404
    assert Note.objects.count() == 0
