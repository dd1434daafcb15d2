"""The rules page says the numbers that the code holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from adminhub.hub.matching.evidence import SETTLED_DAYS
from adminhub.hub.matching.files import COLUMNS
from adminhub.hub.matching.gate import LIKELY, LIKELY_STAFF
from adminhub.hub.matching.people import WORTH_ASKING

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "matching-rules.md").read_text()


@pytest.mark.parametrize(
    "said",
    [
        f"more than {SETTLED_DAYS} days after",
        f"{LIKELY} for pupils, {LIKELY_STAFF} for staff",
        f"likely enough to ask ({WORTH_ASKING})",
        "`hub_id`, `mis_id`, `status` (Matched, May match, Not matched, New), `score`, `reason`",
    ],
)
def test_the_page_says_what_the_code_does(said: str) -> None:
    assert said in " ".join(PAGE.split())


def test_the_page_names_every_column_of_the_predictions() -> None:
    assert all(f"`{name}`" in PAGE for name in COLUMNS)
