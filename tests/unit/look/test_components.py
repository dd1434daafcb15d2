"""Components keep their promises: they escape, they are documented, and pages use them as they are meant."""

import re
from pathlib import Path

import pytest
from django.core.paginator import Paginator
from django.template import RequestContext, Template
from django.test import RequestFactory

import adminhub
from adminhub.look import specimens

SOURCE = Path(adminhub.__file__).parent
LOOK = SOURCE / "look"
COMPONENTS = sorted((LOOK / "templates/cotton").rglob("*.html"))
TEMPLATES = sorted(path for path in SOURCE.rglob("templates/**/*.html"))
NAMES_OF_ICONS = set(re.findall(r'<symbol id="([^"]+)"', (LOOK / "static/look/icons.svg").read_text()))


def tag_name(component: Path) -> str:
    return "c-" + component.stem.replace("_", "-")


def known_attributes(component: Path) -> set[str]:
    declared = re.search(r"<c-vars ([^>]*)/>", component.read_text())
    return set(re.findall(r"(?:^|\s):?([\w-]+)=", declared.group(1))) if declared else set()


def render(source: str, **context: object) -> str:
    # Cotton's tags are compiled by the loader, so a test's template goes the same way.
    from django_cotton.compiler_regex import CottonCompiler

    compiled = CottonCompiler().process(source)
    return str(Template(compiled).render(RequestContext(RequestFactory().get("/?q=ray&page=2"), context)))


@pytest.mark.parametrize("component", COMPONENTS, ids=tag_name)
def test_every_component_is_in_the_readme(component: Path) -> None:
    assert f"`{tag_name(component)}`" in (LOOK / "README.md").read_text() or (
        f"<{tag_name(component)} " in (LOOK / "README.md").read_text()
    )


@pytest.mark.parametrize("component", COMPONENTS, ids=tag_name)
def test_every_component_takes_a_class_or_is_part_of_another(component: Path) -> None:
    assert "class" in known_attributes(component) or component.stem in {"crumb", "toast", "mail_button"}


@pytest.mark.parametrize("source", ["<c-button {} />", '<c-button href="#" {} />', '<c-input name="n" {} />'])
@pytest.mark.parametrize("hostile", ['"><script>x</script>', "' onclick='x", "<b>&amp;"])
def test_a_hostile_name_in_an_attribute_stays_text(source: str, hostile: str) -> None:
    html = render(source.format('data-name="{{ name }}"'), name=hostile)
    assert "<script" not in html
    assert "<b>" not in html
    assert " onclick='" not in html


@pytest.mark.parametrize("attribute", ["title", "subtitle"])
def test_a_hostile_name_in_a_tile_stays_text(attribute: str) -> None:
    html = render('<c-tile title="x" ' + attribute + '="{{ name }}" />', name="<script>x</script>")
    assert "<script" not in html


def test_components_do_not_see_the_variables_of_the_page() -> None:
    assert "secret" not in render(
        "<c-field /><c-button>Go</c-button>", icon="secret", kind="secret", href="secret"
    )


def test_an_unescaped_colon_value_is_only_given_to_attributes_the_component_knows() -> None:
    known = {tag_name(component): known_attributes(component) for component in COMPONENTS}
    wrong = []
    for path in TEMPLATES:
        for tag, attributes in re.findall(
            r"<(c-[\w-]+)((?:\s+[^\s/>\"'=]+(?:=\"[^\"]*\"|='[^']*')?)*)", path.read_text()
        ):
            wrong += [
                f"{path.relative_to(SOURCE)}: <{tag} :{name}>"
                for name in re.findall(r"\s:([\w-]+)=", attributes)
                if tag in known and name not in known[tag]
            ]
    assert wrong == []


def test_a_colon_value_is_a_name_or_a_literal_never_a_comparison() -> None:
    """Cotton resolves variables and literals; anything else quietly counts as not given."""
    plain = re.compile(r"[A-Za-z_][\w.]*(\|[^|]+)*|-?\d+|\[.*\]|'[^']*'")
    wrong = [
        f"{path.relative_to(SOURCE)}: {value}"
        for path in TEMPLATES
        for value in re.findall(r'<c-[\w-]+[^>]*?\s:[\w-]+="([^"]*)"', path.read_text())
        if not plain.fullmatch(value) or re.search(r" (and|or|not|in|is) |==", value)
    ]
    assert wrong == []


def test_every_icon_that_a_template_names_exists() -> None:
    wrong = []
    for path in TEMPLATES:
        text = path.read_text()
        named = re.findall(r'<c-icon\b[^>]*?\bname="([\w-]+)"', text) + re.findall(
            r'\sicon(?:-after)?="([\w-]+)"', text
        )
        wrong += [f"{path.relative_to(SOURCE)}: {name}" for name in named if name not in NAMES_OF_ICONS]
    assert wrong == []


def test_every_component_that_a_template_names_exists() -> None:
    known = {tag_name(component) for component in COMPONENTS} | {"c-vars", "c-slot", "c-component"}
    wrong = [
        f"{path.relative_to(SOURCE)}: {tag}"
        for path in TEMPLATES
        for tag in re.findall(r"<(c-[\w-]+)", path.read_text())
        if tag not in known
    ]
    assert wrong == []


def test_a_pager_keeps_the_search_and_says_where_we_are() -> None:
    html = render('<c-pager :page="page" noun="pupils" />', page=Paginator(range(500), 50).page(5))
    assert "?q=ray&amp;page=6" in html
    assert 'aria-current="page" href="?q=ray&amp;page=5"' in html
    assert re.sub(r"<[^>]+>", "", html).startswith("201–250 of 500 pupils")


def test_a_pager_shows_first_last_and_neighbours_only() -> None:
    html = render('<c-pager :page="page" />', page=Paginator(range(3000), 50).page(30))
    assert re.findall(r"Page </span>(\d+)", html) == ["1", "29", "30", "31", "60"]
    assert html.count("…") == 2


def test_one_page_has_no_links_to_others() -> None:
    assert "<a " not in render('<c-pager :page="page" />', page=Paginator(range(3), 50).page(1))


def test_a_field_ties_its_error_and_help_to_its_input() -> None:
    form = specimens.SchoolDetailsForm({"postcode": "Z"})
    html = render('<c-field :field="form.postcode" />', form=form)
    assert 'aria-describedby="id_postcode_helptext id_postcode_error"' in html
    assert 'id="id_postcode_helptext"' in html
    assert 'id="id_postcode_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<label class="field__label" for="id_postcode">' in html


def test_a_radio_field_is_a_fieldset_with_a_legend() -> None:
    html = render('<c-field :field="form.kind" />', form=specimens.SchoolDetailsForm())
    assert "<fieldset" in html
    assert '<legend class="field__label">Which schools?' in html


@pytest.mark.parametrize("state", ["done", "current", "todo", "waiting", "problem"])
def test_the_state_of_a_step_is_said_in_words(state: str) -> None:
    html = render('<c-step state="' + state + '">Pupils</c-step>')
    said = {
        "done": "done",
        "current": "current step",
        "todo": "to do",
        "waiting": "waiting",
        "problem": "attention",
    }
    assert said[state] in re.sub(r"<[^>]+>", "", html)
    assert ('aria-current="step"' in html) == (state == "current")


def test_a_dialog_can_be_opened_without_scripts() -> None:
    html = render('<c-button dialog="sure">Decline</c-button><c-dialog id="sure" title="Sure?">…</c-dialog>')
    assert 'href="#sure"' in html
    assert '<dialog class="dialog" id="sure" aria-labelledby="sure-title"' in html


def test_a_false_switch_is_off_and_a_true_one_on() -> None:
    assert " checked" not in render('<c-toggle label="UPN" id="t" :checked="on" />', on=False)
    assert " checked" in render('<c-toggle label="UPN" id="t" :checked="on" />', on=True)
