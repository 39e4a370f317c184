"""A deck in a real browser: walked by keyboard, looked at by axe, printed, zoomed, embedded, cut off from the network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.present.examples import EXAMPLES, Make, blocking_chain, lost_update
from tests.present.hostile import HOSTILE
from tests.present.test_slides import deck_of

from awaitlens.pitfall import Step
from awaitlens.present.deck_html import render_html
from awaitlens.present.pages import html_pages
from awaitlens.present.slides import deck_for_finding, deck_for_lesson
from awaitlens.source import Source, Span

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need Debian's chromium"),
]

EDITOR = """
window.posted = [];
window.acquireVsCodeApi = () => ({
  postMessage: (message) => window.posted.push(message),
  getState: () => JSON.parse(sessionStorage.getItem("state")) ?? undefined,
  setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens HTML as a file in a fresh page; fails the test if the page asked for more, complained or ran an alert."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def open_page(html: str, script: str = "", **options: Any) -> Any:
        path = tmp_path / "deck.html"
        path.write_text(html, "utf-8")
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))
        page = contexts[-1].new_page()
        page.on("request", lambda request: troubles.extend({request.url.split("#")[0]} - {path.as_uri()}))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        if script:
            page.add_init_script(script)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def shown(page: Any) -> list[int]:
    """The numbers of the slides one can see, from 1."""
    seen: list[int] = page.evaluate(
        "[...document.querySelectorAll('.slide')].map((s, n) => s.checkVisibility() ? n + 1 : 0).filter(Boolean)"
    )
    return seen


def test_a_deck_is_walked_by_keyboard(opened: Any) -> None:
    page = opened(render_html(deck_of(lost_update())))
    assert shown(page) == [1]
    for key, slide in [
        ("ArrowRight", 2), ("Space", 3), ("ArrowLeft", 2), ("PageDown", 3), ("Shift+Space", 2), ("End", 9),
        ("ArrowRight", 9), ("PageUp", 8), ("Home", 1), ("ArrowLeft", 1), ("ArrowDown", 2), ("ArrowUp", 1),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert (key, shown(page)) == (key, [slide])
        assert page.locator(".way .count").inner_text() == f"{slide} / 9"


def test_the_change_of_slides_is_spoken(opened: Any) -> None:
    page = opened(render_html(deck_of(lost_update())))
    page.keyboard.press("ArrowRight")
    spoken = page.locator("[aria-live=polite]").inner_text()
    assert spoken == 'Slide 2 of 9: What happens, step 1 of 6. task 1: reads stats["alive"]'


def test_escape_shows_all_slides_and_one_again(opened: Any) -> None:
    page = opened(render_html(deck_of(blocking_chain())))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert shown(page) == [1, 2, 3, 4, 5, 6]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert shown(page) == [3]


def test_focus_goes_through_the_buttons_and_is_seen(opened: Any) -> None:
    page = opened(render_html(deck_of(lost_update())))
    for name in ("Back", "Next"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert shown(page) == [3]
    assert page.evaluate("document.activeElement.textContent") == "Next"


def test_a_slide_can_be_reloaded_and_linked(opened: Any) -> None:
    page = opened(render_html(deck_of(lost_update())))
    page.keyboard.press("End")
    page.reload()
    assert shown(page) == [9]


def test_a_slide_opens_at_its_top_and_a_step_where_it_happens(opened: Any) -> None:
    """A missed alarm of the eye: the title stood above the screen, and the row being told below it."""
    page = opened(render_html(deck_of(lost_update())), viewport={"width": 1000, "height": 430})
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == 0
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    line, way = (page.locator(f"{place}:visible").bounding_box() for place in (".line.focus", ".way"))
    assert line["y"] > -1 and line["y"] + line["height"] < way["y"] + 1
    page.set_viewport_size({"width": 1000, "height": 640})
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    row, way = (page.locator(f"{place}:visible").bounding_box() for place in ("tr[aria-current]", ".way"))
    assert row["y"] + row["height"] <= way["y"] + 1


def test_in_an_editor_a_place_is_a_button_that_goes_there(opened: Any) -> None:
    page = opened(render_html(deck_of(blocking_chain())), EDITOR)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "rates.py, line 6"
    page.keyboard.press("Enter")
    assert page.evaluate("window.posted") == [{"path": "/srv/shop/rates.py", "line": 5, "column": 11}]
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "heading-4"
    page.reload()
    assert shown(page) == [4]


def test_outside_an_editor_a_place_is_text(opened: Any) -> None:
    page = opened(render_html(deck_of(blocking_chain())))
    assert page.locator("button.place").count() == 0
    assert page.locator("#slide-1 .place").inner_text() == "prices.py, line 7"


def test_without_its_script_every_slide_is_there(opened: Any) -> None:
    page = opened(render_html(deck_of(blocking_chain())), java_script_enabled=False)
    assert page.locator(".slide").count() == 6
    assert all(page.locator(".slide").nth(number).is_visible() for number in range(6))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_axe_finds_nothing_on_one_slide_or_all(opened: Any, make: Make, scheme: str) -> None:
    for deck in (deck_of(make()), deck_for_lesson(make().pitfall)):
        page = opened(render_html(deck), color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
        assert accessible(page) == []
        page.keyboard.press("Escape")
        assert accessible(page) == []


@pytest.mark.parametrize("theme", ["vscode-light", "vscode-dark"])
def test_the_editors_theme_wins_over_the_systems(opened: Any, theme: str) -> None:
    html = render_html(deck_of(lost_update())).replace('<body class="deck">', f'<body class="deck {theme}">')
    other = "dark" if theme == "vscode-light" else "light"
    page = opened(html, EDITOR, color_scheme=other, reduced_motion="reduce", bypass_csp=True)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(251, 250, 247)" if theme == "vscode-light" else "rgb(21, 23, 28)")
    assert accessible(page) == []


@pytest.mark.parametrize("width", [640, 320])
def test_nothing_is_cut_off_at_two_and_four_hundred_percent(opened: Any, width: int) -> None:
    page = opened(render_html(deck_of(lost_update())), viewport={"width": width, "height": width * 5 // 8})
    for _ in range(9):
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.keyboard.press("ArrowRight")


def test_each_slide_is_printed_on_a_page_of_its_own(opened: Any) -> None:
    page = opened(render_html(deck_of(lost_update())))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 9


def test_hostile_names_do_nothing(opened: Any) -> None:
    example = lost_update()
    source = Source(f"/srv/{HOSTILE[0]}", "\n".join(HOSTILE))
    steps = [
        (Step(Span(0, 0, 0, 1), text, lane=text), Step(Span(0, 0, 0, 1), text, text)) for text in HOSTILE
    ]
    finding = example.finding._replace(message="".join(HOSTILE), trail=sum(steps, ()), span=Span(0, 0, 0, 1))
    page = opened(render_html(deck_for_finding(finding, example.pitfall, source, ())), EDITOR)
    page.keyboard.press("Escape")
    assert page.locator("a, img, iframe, h3, script ~ script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_lessons_are_accessible_too(opened: Any, scheme: str) -> None:
    pitfalls = {example.pitfall.name: example.pitfall for example in (make() for make in EXAMPLES.values())}
    for _, html in html_pages(pitfalls):
        assert accessible(opened(html, color_scheme=scheme, bypass_csp=True)) == []


def accessible(page: Any) -> list[str]:
    """What axe has to complain about, in all its rules; contrast it cannot judge counts too, but of signs like "−"."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    response = axe.run(page).response
    unjudged = [rule for rule in response["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['html']} {node.get('failureSummary', '')}"
        for rule in response["violations"] + unjudged
        for node in rule["nodes"]
        if "only non-text characters" not in node.get("failureSummary", "")
    ]
