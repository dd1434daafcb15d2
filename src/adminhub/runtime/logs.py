"""Logs as plain lines without personal data: known personal keys and look-alikes are blanked."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL_KEYS = frozenset(
    {
        "email", "name", "forename", "surname", "legal_forename", "legal_surname", "preferred_forename",
        "preferred_surname", "middle_names", "first_name", "last_name", "birthday", "date_of_birth", "upn",
        "uln", "teacher_number", "password", "token", "secret", "authorization", "cookie",
    }
)  # fmt: skip
# Bounded, so that a long path without an @ costs no more than its length.
EMAIL = re.compile(r"[^\s@<>\"(),;:]{1,200}@[\w-]{1,200}(?:\.[\w-]+)+")
UPN = re.compile(r"\b[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]\b")
# PostgreSQL quotes the row or the value it refuses; a line may end as it does in a repr.
QUOTED_ROW = re.compile(r"(?:\b|(?<=\\n))(DETAIL|CONTEXT): .*?(?=\n|\\n|$)", re.MULTILINE)
QUOTED_VALUE = re.compile(r"\b(invalid input syntax for [\w ]+|out of range): (['\"]).*?\2")
# A job's arguments stand in its line; a sealed token is still nothing to show.
QUOTED_SECRET = re.compile(r"\b(\w{0,40}(?:token|secret|password))=(['\"]).{1,4000}?\2")
BLANK = "[removed]"


def blank(text: str) -> str:
    """Return the text with e-mail addresses, UPNs, secrets and the rows that PostgreSQL quotes taken out."""
    text = QUOTED_VALUE.sub(rf"\1: {BLANK}", QUOTED_ROW.sub(rf"\1: {BLANK}", text))
    text = QUOTED_SECRET.sub(rf"\1={BLANK}", text)
    return UPN.sub(BLANK, EMAIL.sub(BLANK, text))


def without_personal_data(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank every personal key and look-alike in one log entry (a structlog processor)."""
    for key, value in event.items():
        if key in PERSONAL_KEYS:
            event[key] = BLANK
        elif isinstance(value, str):
            event[key] = blank(value)
    return event


SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.format_exc_info,
    without_personal_data,
]


def logging_settings(*, level: str) -> dict[str, Any]:
    """Return the LOGGING dictionary; structlog and the standard library end in the same format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.KeyValueRenderer(
                        key_order=["timestamp", "level", "logger", "event"], drop_missing=True
                    ),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": [], "propagate": True},
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
            "fido2": {"level": "WARNING"},  # below it, it names people's passkeys
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog (named by LOGGING_CONFIG)."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
