"""No personal data and no secret reaches a log."""

import io
import logging
import time

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from adminhub.runtime.logs import blank, configure, logging_settings, without_personal_data


@pytest.mark.parametrize("key", ["email", "surname", "upn", "birthday", "token", "password"])
def test_a_personal_key_is_blanked(key: str) -> None:
    assert without_personal_data(None, "info", {"event": "x", key: "Novák"})[key] == "[removed]"


@pytest.mark.parametrize("text", ["sent to ada@oakhill.example now", "pupil H999200115001 twice"])
def test_a_look_alike_in_the_text_is_blanked(text: str) -> None:
    assert "[removed]" in blank(text)


def test_the_secret_among_a_jobs_arguments_is_blanked_and_the_rest_stays() -> None:
    said = blank("Starting job hub.check_connection[3](school_id=1, sealed_token='gAAAAA', by='x')")
    assert said == "Starting job hub.check_connection[3](school_id=1, sealed_token=[removed], by='x')"


@given(st.emails(domains=st.just("oakhill.example")))
def test_no_address_of_a_school_survives(address: str) -> None:
    local = address.split("@")[0]
    assert f"{local}@oakhill.example" not in blank(f"to {address}.")


POSTGRES_SAYS = """duplicate key value violates unique constraint "one_pupil"
DETAIL:  Failing row contains (1, Kit, Novák, 2013-05-04).
CONTEXT:  COPY incoming, line 3, column surname: "Novák"
HINT:  No hint."""


@pytest.mark.parametrize("text", [POSTGRES_SAYS, repr(POSTGRES_SAYS)])
def test_the_row_that_postgresql_quotes_is_blanked(text: str) -> None:
    kept = blank(f"Traceback:\n  psycopg.errors.UniqueViolation: {text}\nand on")
    assert "Nov" not in kept
    assert "Kit" not in kept
    assert 'unique constraint "one_pupil"' in kept
    assert "and on" in kept


def test_the_standard_library_and_structlog_end_in_the_same_place_blanked() -> None:
    settings = logging_settings(level="INFO")
    stream = io.StringIO()
    settings["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        configure(settings)
        logging.getLogger("django.request").warning("Not Found: %s", "/x?email=ben@oakhill.example")
        structlog.get_logger("t").info("sent", email="ben@oakhill.example", school=7)
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
    said = stream.getvalue()
    assert "ben@oakhill.example" not in said
    assert "school=7" in said
    assert said.count("\n") == 2


@pytest.mark.parametrize("text", ["/" + "a" * 60_000, "x@" * 30_000, "a@" + "b" * 60_000, "a." * 30_000])
def test_a_long_address_bar_does_not_keep_the_site_from_others(text: str) -> None:
    started = time.process_time()
    blank(text)
    assert time.process_time() - started < 2
