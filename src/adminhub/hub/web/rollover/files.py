"""Next year's classes as a list to fill in, in the shape in which it is read again."""

from __future__ import annotations

import csv
import io

from adminhub.hub.rollover.listing import HEADINGS
from adminhub.hub.rollover.predicting import group_after, year_after
from adminhub.hub.rollover.values import Choices, Now
from adminhub.hub.roster.models import Pupil
from adminhub.hub.roster.queries import BY_NAME
from adminhub.hub.roster.years import is_leavers, year_name
from adminhub.look.spreadsheets import safe_cell


def as_list(now: Now, choices: Choices) -> str:
    """UTF-8 with a mark, one row for each pupil, by next year's class."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    places = {}
    for pupil in now.pupils.values():
        year = year_after(pupil, now, choices)
        leaves = is_leavers(year)
        group = "" if leaves else group_after(pupil, now, choices)
        places[pupil.key] = ("Leaver" if leaves else year_name(year), group)
    rows = Pupil.objects.filter(pk__in=places).order_by(*BY_NAME)
    for row in sorted(rows, key=lambda row: (places[row.pk][1], places[row.pk][0])):
        born = f"{row.birthday:%d/%m/%Y}" if row.birthday else ""
        cells = (row.upn, row.surname, row.forename, born, *places[row.pk])
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
