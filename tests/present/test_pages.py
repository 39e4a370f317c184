"""The pages of the lessons: one each, indexes that lead to all of them, a site without a warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.present.examples import EXAMPLES, lost_update, transaction_in_async

from awaitlens.pitfall import Law, Pitfall
from awaitlens.pitfalls import pitfalls
from awaitlens.present.pages import by_family, by_law, families_of, html_pages, markdown_pages, offline_link

HAND_MADE = {example.pitfall.name: example.pitfall for example in (make() for make in EXAMPLES.values())}


@pytest.mark.parametrize("every", [HAND_MADE, dict(pitfalls())], ids=["by hand", "shipped"])
def test_the_index_leads_to_every_page_by_law_and_by_family(every: dict[str, Pitfall]) -> None:
    pages = dict(html_pages(every))
    assert set(pages) == {f"{name}.html" for name in every} | {"index.html"}
    linked = re.findall(r'href="([\w-]+)\.html"', pages["index.html"])
    assert set(linked) == set(every)
    assert all(linked.count(name) >= 2 for name in every)


def test_a_page_tells_the_whole_lesson() -> None:
    page = dict(html_pages(HAND_MADE))["stale-write-after-await.html"]
    for slide in HAND_MADE["stale-write-after-await"].lesson.slides:
        assert slide.heading.partition(": ")[2].lower() in page.lower()
    assert "<script" not in page and "src=" not in page


def test_groups() -> None:
    laws = by_law(HAND_MADE.values())
    assert [group.title[:2] for group in laws] == ["1.", "3.", "4."]
    assert laws[1].about == Law.ALONE_BETWEEN_AWAITS.explanation
    assert families_of(transaction_in_async().pitfall) == ("Django",)
    assert families_of(lost_update().pitfall) == ("The language itself",)
    assert [group.title for group in by_family(HAND_MADE.values())] == [
        "Django",
        "HTTP",
        "The language itself",
    ]


def test_in_a_checkout_there_are_no_offline_pages() -> None:
    assert offline_link("no-such-pitfall") is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*deprecated.*")
def test_the_site_is_built_without_a_warning(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sphinx", reason="the site is built by Sphinx")
    from tools.build_docs import main

    assert main(["site", str(tmp_path)]) == 0
    assert "WARNING" not in capfd.readouterr().err
    for name in pitfalls():
        assert f'href="{name}.html"' in (tmp_path / "by-law.html").read_text("utf-8")
    assert (tmp_path / "searchindex.js").is_file()


def test_a_page_of_the_site_points_at_the_line() -> None:
    page = dict(markdown_pages(HAND_MADE))["stale-write-after-await.md"]
    assert ":emphasize-lines: 7\n" in page
    assert '- Line 7: `stats["alive"]` was read before the await' in page
