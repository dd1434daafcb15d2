"""Names in the order in which people look for them: "de Souza" under D, "Özil" under O, 7A before 10A.

A database may be set up to sort by the letters' codes, which puts all three after Z or before 7.
"""

import re
import unicodedata

from django.db.models import Func

_UNLIKE = {"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d"}
"""Letters that are not a letter and an accent, and are looked for as if they were."""
_IN_PYTHON = str.maketrans("".join(_UNLIKE), "".join(_UNLIKE.values()))
_PLAIN = (
    r"lower(translate(regexp_replace(normalize(%(expressions)s, NFD), '[\u0300-\u036f''’]', '', 'g'), "
    f"'{''.join(_UNLIKE)}', '{''.join(_UNLIKE.values())}'))"
)
_NUMBERS = r"regexp_replace(regexp_replace({}, '(\d+)', '0000\1', 'g'), '0*(\d{{5}})', '\1', 'g')"


class ByName(Func):
    """A column of people's names, to order by."""

    arity = 1
    template = _PLAIN


class ByNumberedName(Func):
    """A column of names with numbers in them, such as classes', to order by."""

    arity = 1
    template = _NUMBERS.format(_PLAIN)


def name_order(name: str) -> str:
    """The same of a name at hand."""
    letters = unicodedata.normalize("NFD", name).translate(_IN_PYTHON)
    plain = re.sub("[\u0300-\u036f'’]", "", letters).lower()
    return re.sub(r"\d+", lambda number: number[0].lstrip("0").zfill(5), plain)
