"""The colours of every site can be read in both themes: WCAG 2.2 AA, computed from the tokens."""

import math
import re
from functools import cache
from pathlib import Path

import pytest

import adminhub.look

TOKENS = Path(adminhub.look.__file__).parent / "static/look/css/tokens.css"
SITES = ("hub", "broker", "wellbeing")
THEMES = ("light", "dark")
TONES = ("good", "warn", "bad", "info", "muted")
TABS = ("teachers", "pupils", "classes", "groups", "neutral")
SURFACES = ("paper", "surface", "surface-2", "surface-3")

TEXT = [
    *[(ink, surface) for ink in ("ink", "ink-2", "ink-3") for surface in SURFACES],
    *[(link, surface) for link in ("accent", "accent-strong", "danger") for surface in SURFACES[:3]],
    *[(f"{tone}-ink", f"{tone}-soft") for tone in TONES],
    *[("ink", f"{tone}-soft") for tone in TONES],
    *[("accent-on", button) for button in ("accent", "accent-strong")],
    *[("danger-on", button) for button in ("danger", "danger-strong")],
    *[("accent-ink", "accent-soft"), ("ink", "accent-soft"), ("ink-2", "accent-soft"), ("ink", "mark")],
    *[("band-ink", "band"), ("band-ink-2", "band"), ("band-ink", "band-2"), ("band-ink-2", "band-2")],
    *[(tab, surface) for tab in TABS for surface in SURFACES[:3]],
    *[("tab-on", tab) for tab in TABS],
    *[(ink, f"{tab}-soft") for tab in TABS for ink in (tab, "ink", "ink-2", "ink-3")],
]
SHAPES = [
    *[("line-strong", surface) for surface in SURFACES[:3]],
    *[("focus", surface) for surface in SURFACES],
    *[("focus-band", "band"), ("focus-band", "band-2"), ("band-accent", "band")],
]


@cache
def declared(selector: str) -> dict[str, str]:
    text = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(), flags=re.S)
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\n  \}", text, flags=re.S)
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block.group(1))) if block else {}


def value(site: str, name: str) -> str:
    tokens = declared(":root") | declared(f'[data-site="{site}"]')
    text = tokens[name]
    while found := re.search(r"var\(--([\w-]+)\)", text):
        text = text.replace(found.group(0), tokens[found.group(1)])
    return text


def linear_rgb(site: str, name: str, theme: str) -> tuple[float, float, float]:
    text = value(site, name)
    both = re.fullmatch(r"light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\)", text)
    chosen = both.group(1 if theme == "light" else 2) if both else text
    light, chroma, hue = (float(part) for part in re.findall(r"[\d.]+", chosen)[:3])
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    mixed = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, part)) for part in mixed)
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(site: str, first: str, second: str, theme: str) -> float:
    one, two = (luminance(linear_rgb(site, name, theme)) for name in (first, second))
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("theme", THEMES)
def test_all_text_reaches_four_and_a_half_to_one(site: str, theme: str) -> None:
    weak = [f"{a} on {b}: {c:.2f}" for a, b in TEXT if (c := contrast(site, a, b, theme)) < 4.5]
    assert not weak


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_controls_and_focus_rings_reach_three_to_one(site: str, theme: str) -> None:
    weak = [f"{a} on {b}: {c:.2f}" for a, b in SHAPES if (c := contrast(site, a, b, theme)) < 3]
    assert not weak


def test_the_arithmetic_knows_black_on_white() -> None:
    assert contrast("hub", "surface", "surface", "light") == 1
    assert luminance((1, 1, 1)) == pytest.approx(1)
