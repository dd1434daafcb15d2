"""Words of the portal's pages."""

from django import template

register = template.Library()

FORMAT_NAMES = {
    "sims": "SIMS report",
    "integris": "RM Integris spreadsheets",
    "scholarpack": "ScholarPack spreadsheets",
    "arbor": "Arbor spreadsheets",
    "oneroster-1.1": "OneRoster 1.1 CSV",
    "oneroster-1.2": "OneRoster 1.2 CSV",
    "ctf": "Common Transfer File",
    "census": "School Census",
    "workforce": "School Workforce Census",
    "isams": "iSAMS batch",
}


@register.filter
def format_name(key: str) -> str:
    """An export format as a school calls it."""
    return FORMAT_NAMES.get(key, key)
