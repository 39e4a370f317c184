"""Where a diagnostic's link leads: to the page that ships with the package, in a checkout to the lesson's module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from awaitlens.edge import lookup
from awaitlens.present import pages


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    for cached in (lookup.page, pages.offline_link):
        cached.cache_clear()
    yield
    for cached in (lookup.page, pages.offline_link):
        cached.cache_clear()


def test_the_page_that_came_with_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "OFFLINE", tmp_path)
    assert lookup.page("blocking-sleep").endswith("/pitfalls/blocking_sleep.py")
    lookup.page.cache_clear()
    pages.offline_link.cache_clear()
    (tmp_path / "blocking-sleep.html").touch()
    assert lookup.page("blocking-sleep") == (tmp_path / "blocking-sleep.html").as_uri()


def test_what_is_no_pitfall_has_no_page() -> None:
    assert lookup.page("no-such-pitfall") == ""
