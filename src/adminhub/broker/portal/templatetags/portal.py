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
    "class-list": "list of classes",
    "edfi": "Ed-Fi ODS",
    "plain": "tables of your own",
    "bromcom": "Bromcom",
    "clever": "Clever CSV",
    "sds-1": "Microsoft SDS 1 CSV",
    "sds-1-uk": "Microsoft SDS 1 CSV (UK)",
    "sds-2.1": "Microsoft SDS 2.1 CSV",
}


@register.filter
def format_name(key: str) -> str:
    """An export format as a school calls it, or several that were read together."""
    return ", ".join(FORMAT_NAMES.get(part, part) for part in key.split("+"))
