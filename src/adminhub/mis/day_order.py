"""In which order a table writes its days: decided for each column as a whole, so that no two rows are read two ways."""

from dataclasses import replace

from adminhub.mis.csv_file import Table, rows
from adminhub.mis.days import order_of
from adminhub.mis.roster import Issue
from adminhub.mis.text import clean

_DAYS = frozenset(
    {"date_of_birth", "admission_date", "leaving_date", "start_date", "end_date", "start", "end", "begin"}
)


def in_one_order(table: Table) -> Table:
    """The table with the order of its days known.

    One day that can only have the month in front makes a column month/day/year if no other says otherwise. A column
    with days of both orders is left out, as if it were not there, and remarked on. What could be either is day/month.
    """
    columns = {name for name in table.places if name in _DAYS}
    if not columns:
        return table
    orders: dict[str, dict[str, int]] = {name: {} for name in columns}
    for row in rows(table, []):
        for name in columns & row.cells.keys():
            if order := order_of(clean(row.cells[name])):
                orders[name].setdefault(order, row.line)
    mixed = {name for name, found in orders.items() if "month first" in found and "day first" in found}
    turned = frozenset(name for name in columns - mixed if "month first" in orders[name])
    issues = [
        Issue(
            table.name,
            name,
            f"Line {orders[name]['day first']} has the day in front and line {orders[name]['month first']} the month, "
            "so no day in this column can be trusted; it was left out. Export it in one order.",
        )
        for name in sorted(mixed)
    ]
    issues += [
        Issue(table.name, name, "The days are written month/day/year, and were all read so.")
        for name in sorted(turned)
    ]
    return replace(
        table,
        places={name: place for name, place in table.places.items() if name not in mixed},
        spare_places=[(name, place) for name, place in table.spare_places if name not in mixed],
        issues=(*table.issues, *issues),
        month_first=turned,
    )
