"""One read from start to finish: find the files, recognise the format by what is in them, read them."""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from adminhub.mis import (
    arbor_csv,
    bromcom,
    census,
    class_list_csv,
    clever_csv,
    ctf_xml,
    dfe_xml,
    integris_csv,
    isams_xml,
    oneroster_csv,
    plain_table,
    scholarpack_csv,
    sds_1_csv,
    sds_2_csv,
    sims,
    workforce_xml,
)
from adminhub.mis.columns import Profile, fingerprint
from adminhub.mis.csv_file import NearMiss, Table, TableShape, Text, find_table, read_text, refuse_near_miss
from adminhub.mis.day_order import in_one_order
from adminhub.mis.joining import is_beside, join
from adminhub.mis.json_file import Page, looks_like_json, read_page
from adminhub.mis.record import Notes
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Roster
from adminhub.mis.source import Source, gather
from adminhub.mis.workbook import is_sheets, sheets
from adminhub.mis.xml_file import Prolog, looks_like_web_page, looks_like_xml, read_prolog
from adminhub.mis.zip_file import is_workbook, looks_like_zip, unpack


class _TableReader(Protocol):
    """A module that reads one CSV format."""

    @property
    def SHAPES(self) -> tuple[TableShape, ...]: ...

    @property
    def TITLES(self) -> dict[str, str]: ...

    def read(self, tables: Sequence[Table], notes: Notes) -> Roster: ...


class _ReportReader(Protocol):
    """A module that reads one XML format."""

    def read(self, files: Sequence[tuple[Source, Prolog]], notes: Notes) -> Roster: ...


FORMATS = (
    "sims",
    "integris",
    "scholarpack",
    "arbor",
    "oneroster-1.1",
    "oneroster-1.2",
    "ctf",
    "census",
    "workforce",
    "isams",
    "clever",
    "sds-1-uk",
    "sds-1",
    "sds-2.1",
    "bromcom",
)

_KNOWN = (
    "SIMS reports (XML or CSV), iSAMS batches, Common Transfer Files and both censuses (XML), RM Integris, "
    "ScholarPack, Arbor, Clever and Microsoft SDS tables (CSV), OneRoster 1.1 and 1.2 (zip) and Bromcom answers (JSON)"
)
_DATA_ENDINGS = (".xml", ".csv", ".zip", ".json", ".tsv", ".xlsx", ".xls", ".ods")
_TABLE_READERS: dict[str, _TableReader] = {
    "arbor": arbor_csv,
    "integris": integris_csv,
    "scholarpack": scholarpack_csv,
    "clever": clever_csv,
    "sds-1": sds_1_csv,
    "sds-2.1": sds_2_csv,
    class_list_csv.FORMAT: class_list_csv,
}
_REPORT_READERS: dict[str, _ReportReader] = {
    "ctf": ctf_xml,
    "workforce": workforce_xml,
    "isams": isams_xml,
}
_ROOTS = {
    root.lower(): family
    for family, reader in (("sims", sims), ("ctf", ctf_xml), ("isams", isams_xml))
    for root in reader.ROOTS
}
_CSV_FORMATS = {family: (reader.SHAPES, reader.TITLES) for family, reader in _TABLE_READERS.items()} | {
    "oneroster": (oneroster_csv.SHAPES, oneroster_csv.TITLES),
    "bromcom": (bromcom.SHAPES, bromcom.TITLES),
    "sims": (sims.SHAPES, sims.TITLES),
    "census": (census.SHAPES, census.TITLES),
}
_ONEROSTER_TABLES = frozenset(shape.kind.lower() for shape in oneroster_csv.SHAPES)
_SHAPES = tuple(shape for shapes, _ in _CSV_FORMATS.values() for shape in shapes)
_FAMILY = {id(shape): family for family, (shapes, _) in _CSV_FORMATS.items() for shape in shapes}


_WRITES_MONTH_FIRST = frozenset({"clever", "sds-1"})  # and their readers see to it

_PLAIN = "plain:"  # before the system a profile names
_Part = Table | Prolog | Page | None


@dataclass(slots=True)
class _Found:
    """The files of one format from one place: a zip, or what lay about."""

    family: str
    container: str
    tables: list[Table] = field(default_factory=list)
    reports: list[tuple[Source, Prolog]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)

    @property
    def format(self) -> str:
        if self.family == "sds-1":
            return sds_1_csv.format_of(self.tables)
        if self.family.startswith(_PLAIN):
            return self.family.removeprefix(_PLAIN) or plain_table.FORMAT
        if self.family != "oneroster":
            return self.family
        is_12 = any(table.shape in oneroster_csv.VERSION_12 for table in self.tables)
        return "oneroster-1.2" if is_12 else "oneroster-1.1"

    def add(self, source: Source, part: _Part) -> None:
        self.names.add(source.table.lower())
        self.folders.add(_folder(source))
        if isinstance(part, Table):
            self.tables.append(part)
        elif isinstance(part, Page):
            self.pages.append(part)
        elif part is not None:
            self.reports.append((source, part))


class _Unknown(Refused):
    """The file holds no table of any format."""


@dataclass(slots=True)
class _Trouble:
    source: Source
    refusal: Refused


def read(
    paths: Sequence[Path],
    *,
    format: str | None = None,
    as_at: date | None = None,
    profiles: Sequence[Profile] = (),
) -> Roster:
    """What the MIS export in these files, zips or folder says as at a day (today when left out).

    The format is recognised by content, tables with the headings of a profile by those. `format` picks
    one where a folder holds several. Files that complete an export (the DfE's, a list of classes) are joined to it as
    joining.py says. Raises Refused, and then nothing was read.
    """
    rosters = read_parts(paths, format=format, as_at=as_at, profiles=profiles)
    return join_parts(rosters)


def read_parts(
    paths: Sequence[Path],
    *,
    format: str | None = None,
    as_at: date | None = None,
    profiles: Sequence[Profile] = (),
) -> list[Roster]:
    """The same, each format's files by themselves, for whoever keeps parts that come at different times."""
    if format is not None and format not in FORMATS:
        raise Refused(
            "--format", f"'{format}' is no format we read.", what_to_do=f"Use one of {', '.join(FORMATS)}."
        )
    chosen = _choose(
        *_recognise(gather(paths), profiles), format=format, name=", ".join(path.name for path in paths)
    )
    day = as_at or date.today()
    return [_read_whole(place, Notes(day)) for place in chosen]


def join_parts(rosters: Sequence[Roster], *, believed: Mapping[str, str] | None = None) -> Roster:
    """One roster of what files of several formats hold. Raises Refused for a list of classes without people."""
    roster = rosters[0] if len(rosters) == 1 else join(rosters, believed=believed)
    if roster.format == class_list_csv.FORMAT:
        raise Refused(
            roster.tables.get("classes", roster.format),
            "This lists who is in which class, and there is no file of the people beside it.",
            what_to_do="Give a file of the people too, such as a Common Transfer File.",
        )
    return roster


def _read_whole(place: _Found, notes: Notes) -> Roster:
    """Read the files of one format. Raises Refused where they are damaged, or list nobody at all."""
    try:
        roster = _read(place, notes)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise Refused(
            place.container,
            "The file is damaged or cannot be read.",
            what_to_do="Export or download it again.",
        ) from None
    if "pupils" in roster.tables and not roster.pupils and not roster.is_delta:
        raise _nobody(roster)
    return roster


def _nobody(roster: Roster) -> Refused:
    file = roster.tables["pupils"]
    if roster.rejects:
        first = roster.rejects[0]
        reason = f"Of its {len(roster.rejects)} records none could be taken: {first.record}: {first.reason}"
        return Refused(
            file, f"{reason} That leaves 0 pupils.", what_to_do="Correct the export and run it again."
        )
    return Refused(
        file,
        "The file has its headings and 0 pupils.",
        what_to_do="Check the export's filter in the MIS and run it again.",
    )


def _read(chosen: _Found, notes: Notes) -> Roster:
    if chosen.family not in _WRITES_MONTH_FIRST:
        chosen.tables = [in_one_order(table) for table in chosen.tables]
    if report_reader := _REPORT_READERS.get(chosen.family):
        return report_reader.read(chosen.reports, notes)
    if table_reader := _TABLE_READERS.get(chosen.family):
        return table_reader.read(chosen.tables, notes)
    if chosen.family.startswith(_PLAIN):
        return plain_table.read(chosen.tables, notes, system=chosen.family.removeprefix(_PLAIN))
    if chosen.family == "sims":
        return sims.read(chosen.reports, chosen.tables, notes)
    if chosen.family == "census":
        return census.read(chosen.reports, chosen.tables, notes)
    if chosen.family == "bromcom":
        return bromcom.read(chosen.tables, chosen.pages, notes)
    return oneroster_csv.read(chosen.tables, notes, container=chosen.container, names=frozenset(chosen.names))


def _recognise(sources: list[Source], profiles: Sequence[Profile]) -> tuple[list[_Found], list[_Trouble]]:
    found: dict[tuple[str, str], _Found] = {}
    troubles: list[_Trouble] = []
    waiting = list(reversed(sources))
    while waiting:
        source = waiting.pop()
        try:
            if _is_zip(source):
                waiting.extend(reversed(unpack(source)))
                continue
            known = (
                _recognise_sheets(source, profiles)
                if is_sheets(source)
                else [(source, *_recognise_one(source, profiles))]
            )
        except Refused as refusal:
            if source.is_named_by_person or source.table.lower().endswith(_DATA_ENDINGS):
                troubles.append(_Trouble(source, refusal))
            continue
        for part, family, add in known:
            if family is not None:
                place = found.setdefault((family, source.archive or ""), _Found(family, _container(source)))
                place.add(part, add)
    _give_shared_tables(found)
    return list(found.values()), troubles


def _recognise_sheets(source: Source, profiles: Sequence[Profile]) -> list[tuple[Source, str | None, _Part]]:
    """The workbook's tables. A sheet of something else is passed over, unless nothing else is there."""
    known: list[tuple[Source, str | None, _Part]] = []
    refusal = Refused(source.name, "The workbook has no sheet with a table.", what_to_do=f"We know {_KNOWN}.")
    for sheet in sheets(source):
        try:
            known.append((sheet, *_recognise_one(sheet, profiles)))
        except _Unknown as unknown:
            refusal = unknown
    if not known:
        raise refusal
    return known


def _give_shared_tables(found: dict[tuple[str, str], _Found]) -> None:
    """SDS 2.1 and OneRoster have three tables alike: beside SDS's users they are SDS's."""
    for (family, archive), place in list(found.items()):
        other = found.get(("sds-2.1", archive))
        if family != "oneroster" or other is None:
            continue
        for table in list(place.tables):
            if table.shape in sds_2_csv.SHARED_SHAPES and _folder(table.text.source) in other.folders:
                place.tables.remove(table)
                other.tables.append(table)
        if not place.tables:
            del found[family, archive]


def _is_zip(source: Source) -> bool:
    if source.archive is not None:
        return False
    head = source.head(4)
    return source.table.lower().endswith(".zip") or (looks_like_zip(head) and not is_workbook(source))


def _recognise_one(source: Source, profiles: Sequence[Profile] = ()) -> tuple[str | None, _Part]:
    head = source.head()
    if looks_like_xml(head) and not looks_like_web_page(head):
        prolog = read_prolog(source)
        return _xml_family(source, prolog), prolog
    if looks_like_json(head):
        return _json_family(source)
    name = source.table.lower().removesuffix(".csv")
    if source.archive and name in oneroster_csv.OTHER_TABLES:
        return "oneroster", None
    text = read_text(source)
    if own := _by_profile(text, profiles, is_exact=True):
        return own
    table = find_table(text, _SHAPES)
    if isinstance(table, Table):
        return _FAMILY[id(table.shape)], table
    if own := _by_profile(text, profiles, is_exact=False):
        return own
    if isinstance(table, NearMiss):
        raise refuse_near_miss(source, table, _CSV_FORMATS[_FAMILY[id(table.shape)]][1])
    raise _Unknown(source.name, "The file holds no table we know.", what_to_do=f"We know {_KNOWN}.")


def _by_profile(text: Text, profiles: Sequence[Profile], *, is_exact: bool) -> tuple[str, Table] | None:
    """The table as a profile reads it: one made for just these headings, or else one whose headings are all there."""
    for profile in profiles:
        table = find_table(text, [profile.shape])
        if isinstance(table, Table) and is_exact == (
            fingerprint(list(table.headings)) == profile.fingerprint
        ):
            family = class_list_csv.FORMAT if profile.kind == "class-list" else _PLAIN + profile.system
            return family, table
    return None


def _json_family(source: Source) -> tuple[str, Page]:
    page = read_page(source)
    if not bromcom.is_page(page):
        raise Refused(
            source.name,
            "A JSON file with these fields is no answer we know.",
            what_to_do=f"We know {_KNOWN}.",
        )
    return "bromcom", page


def _xml_family(source: Source, prolog: Prolog) -> str:
    root = prolog.root.lower()
    if family := _ROOTS.get(root):
        return family
    if isams_xml.is_error(source, prolog):
        return "isams"
    if root == "message" and (collection := dfe_xml.collection(source, prolog)):
        if family := dfe_xml.COLLECTIONS.get(collection.lower()):
            return family
        raise Refused(
            source.name,
            f"This is the DfE return {collection[:60]}, which holds no roster we read.",
            what_to_do=f"We know {_KNOWN}.",
        )
    raise Refused(
        source.name,
        f"An XML file whose outermost element is {prolog.root[:60]} is no report we know.",
        what_to_do=f"We know {_KNOWN}.",
    )


def _choose(found: list[_Found], troubles: list[_Trouble], *, format: str | None, name: str) -> list[_Found]:
    """The export to read, or several that complete one another. A file that could not be read spoils those it lies
    beside, and no others.
    """
    matching = [place for place in found if format in (None, place.format)]
    are_rivals = len(matching) > 1 and not _complete_one_another(matching)
    if are_rivals and format is None:
        troubles = [trouble for trouble in troubles if trouble.source.is_named_by_person]
    for trouble in troubles:
        if not found or trouble.source.is_named_by_person or _spoils(trouble.source, matching, found):
            raise _nearer(trouble, matching)
    if not matching:
        formats = ", ".join(sorted({place.format for place in found})) or "nothing we know"
        raise Refused(name, f"This is {formats}, not {format}.", what_to_do="Give the right format, or none.")
    if are_rivals:
        formats = ", ".join(sorted({place.format for place in matching}))
        raise Refused(
            name,
            f"There is more than one export here ({formats}).",
            what_to_do="Give the files of one export, or say --format.",
        )
    return matching


def _complete_one_another(places: Sequence[_Found]) -> bool:
    """Whether at most one is an MIS's own export, and the others each another of the files read beside one."""
    formats = [place.format for place in places]
    return len(set(formats)) == len(formats) and sum(not is_beside(format) for format in formats) <= 1


def _nearer(trouble: _Trouble, matching: Sequence[_Found]) -> Refused:
    """Why the file could not be read; one that is no table at all may be a small one of the export it lies beside."""
    if isinstance(trouble.refusal, _Unknown) and len(matching) == 1:
        shapes, titles = _CSV_FORMATS.get(matching[0].family, ((), {}))
        if matching[0].family == "sds-2.1":
            shapes = (*shapes, *sds_2_csv.SHARED_SHAPES)
        near = find_table(read_text(trouble.source), shapes, guess_all=True)
        if isinstance(near, NearMiss):
            return refuse_near_miss(trouble.source, near, titles)
    return trouble.refusal


def _spoils(source: Source, matching: list[_Found], found: list[_Found]) -> bool:
    for place in matching:
        if _folder(source) not in place.folders or (source.archive or place.container) != place.container:
            continue
        return place.family != "oneroster" or source.table.lower().removesuffix(".csv") in _ONEROSTER_TABLES
    return not any(_folder(source) in place.folders for place in found) and not matching


def _folder(source: Source) -> str:
    return source.name.rpartition("/")[0]


def _container(source: Source) -> str:
    return source.archive or _folder(source) or source.name
