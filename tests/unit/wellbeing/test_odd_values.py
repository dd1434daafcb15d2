"""No address, query or form of Wellbeing breaks on a value that nobody means."""

from django.test import Client

from adminhub.wellbeing.roster.models import School
from tests.plugins.odd_values import broken


def test_no_page_breaks_on_an_odd_value(oak: School, browser: Client) -> None:
    # The log-in asks the hub, which is not there in a test.
    assert broken(browser, known={"school_id": oak.pk}, leave_out=("login",)) == []
