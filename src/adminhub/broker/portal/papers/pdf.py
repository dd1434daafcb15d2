"""A paper as PDF, with fpdf2: A4, page numbers, the design system's font."""

from __future__ import annotations

from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

import adminhub.look
from adminhub.broker.portal.papers.values import Paper, Part, Table

FONTS = Path(adminhub.look.__file__).parent / "static" / "look" / "fonts"
LATIN = FONTS / "atkinson-hyperlegible-next-latin-wght-normal.woff2"
MORE_LATIN = FONTS / "atkinson-hyperlegible-next-latin-ext-wght-normal.woff2"
INK, QUIET, LINE = (31, 29, 43), (96, 92, 112), (215, 212, 225)


class _Pages(FPDF):
    """Every page says what it is of and its number."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self.paper = paper
        for name, file in (("text", LATIN), ("more", MORE_LATIN)):
            self.add_font(name, "", str(file), variations={"wght": 400.0})
            self.add_font(name, "B", str(file), variations={"wght": 700.0})
        self.set_fallback_fonts(["more"], exact_match=False)
        self.set_margins(18, 16, 18)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_title(f"{paper.title}, {paper.about}")
        self.set_lang("en-GB")

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font("text", "", 8)
        self.set_text_color(*QUIET)
        self.cell(0, 5, f"{self.paper.title} · {self.paper.about} · {self.paper.made}")
        self.set_x(self.l_margin)
        self.cell(0, 5, f"Page {self.page_no()}", align="R")


def as_pdf(paper: Paper) -> bytes:
    """The paper's bytes."""
    pages = _Pages(paper)
    pages.add_page()
    _say(pages, paper.title, size=20, style="B", height=9)
    _say(pages, paper.about, size=12, height=6)
    _say(pages, paper.made, size=9, height=5, colour=QUIET)
    for part in paper.parts:
        _put(pages, part)
    return bytes(pages.output())


def _put(pages: _Pages, part: Part) -> None:
    if pages.will_page_break(30):
        pages.add_page()
    pages.ln(5)
    _say(pages, part.title, size=13, style="B", height=7)
    for paragraph in part.paragraphs:
        _say(pages, paragraph, size=10, height=5)
        pages.ln(1)
    if part.table is not None:
        _tabulate(pages, part.table)
    for line in part.lines:
        pages.ln(3)
        _say(pages, line, size=10, height=5)
        pages.ln(7)
        pages.set_draw_color(*LINE)
        pages.line(pages.l_margin, pages.get_y(), pages.w - pages.r_margin, pages.get_y())


def _tabulate(pages: _Pages, table: Table) -> None:
    pages.set_font("text", "", 8.5)
    pages.set_text_color(*INK)
    pages.set_draw_color(*LINE)
    with pages.table(
        col_widths=table.widths,
        text_align="LEFT",
        line_height=4.4,
        padding=1.2,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
    ) as grid:
        for cells in (table.heads, *table.rows):
            row = grid.row()
            for cell in cells:
                row.cell(cell)


def _say(
    pages: _Pages,
    text: str,
    *,
    size: float,
    height: float,
    style: str = "",
    colour: tuple[int, int, int] = INK,
) -> None:
    pages.set_font("text", style, size)
    pages.set_text_color(*colour)
    pages.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT", align="L")
