"""One cell of text made clean: composed letters, no hidden marks, and a remark where something was odd."""

import codecs
import re
import unicodedata

LONGEST_NAME = 100
WINDOWS = "adminhub-windows"  # the error handler that reads what is no UTF-8 as Windows-1252

_SPACES = re.compile(r"\s+")
_TURNS_TEXT_ROUND = re.compile("[\u202a-\u202e\u2066-\u2069\u061c]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f\u180e]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_READ_TWICE = re.compile(
    "[\u00c2-\u00c5\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"
    "\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]"
)


def _from_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    piece = error.object[error.start : error.end]
    return piece.decode("cp1252", errors="replace"), error.end


codecs.register_error(WINDOWS, _from_windows)


def clean(text: str) -> str:
    """Spaces tidied, letters composed (NFC), hidden marks and control characters gone."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text else text.strip()
    text = _TURNS_TEXT_ROUND.sub("", text)
    text = _INVISIBLE.sub("", text)
    text = _CONTROL.sub("", text)
    text = _SPACES.sub(" ", text)
    return unicodedata.normalize("NFC", text).strip()


def oddities(text: str) -> list[str]:
    """What a person should look at in this cell, as sentences that do not repeat it."""
    found = []
    if not text.isascii() or not text.isprintable():
        if _TURNS_TEXT_ROUND.search(text):
            found.append("Held invisible marks that turn text round; they were taken out.")
        if _CONTROL.search(text):
            found.append("Held control characters; they were taken out.")
        if "\ufffd" in text:
            found.append("A letter was lost before the file was made.")
        if _READ_TWICE.search(text):
            found.append("Looks as if accented letters were encoded twice; check it in the MIS.")
    return found


def name_oddities(text: str) -> list[str]:
    """The same for a name, where question marks and formulas are odd too."""
    found = oddities(text)
    if "?" in text:
        found.append("Letters seem to have been lost to question marks; check it in the MIS.")
    if text[:1] in "=+-@" and text[:1]:
        found.append("Begins with a sign that a spreadsheet would run as a formula.")
    return found


def folded(text: str) -> str:
    """The text without accents, marks and capitals, for comparing only."""
    apart = unicodedata.normalize(
        "NFD", text.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O")
    )
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
