"""No address, query or form of the broker breaks on a value that nobody means."""

import pytest

from tests.plugins.odd_values import broken
from tests.unit.broker.cast import a_live_consent, a_person, a_set_up_school, an_app
from tests.unit.broker.portal.cast import browser


@pytest.mark.django_db
def test_no_page_breaks_on_an_odd_value() -> None:
    school, pat = a_set_up_school()
    person = a_person("pip@oakhill.example", is_operator=True, is_developer=True)
    school.administrators.create(user=person)
    app = an_app()
    app.developers.create(user=person)
    consent = a_live_consent(app, school, pat)
    known = {"school_id": school.broker_id, "public_id": consent.public_id, "app_id": app.public_id}
    assert broken(browser(person), known=known) == []
