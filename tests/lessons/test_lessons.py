"""Every lesson is true: what its carets say is found, its right code is silent, and its fixes make the one of the other.

Nothing here names a pitfall. A file put into pitfalls/ is tested by being there.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.lessons.mutations import LAYOUT, PLACE, SPELLING, Mutation

from awaitlens import pitfalls as folder
from awaitlens.configuration import understand
from awaitlens.engine import check_texts
from awaitlens.lesson import Slide
from awaitlens.pitfall import Edit, Finding, Patch, Pitfall
from awaitlens.pitfalls import pitfalls
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings
from awaitlens.source import Span

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERY = frozenset({"ALL"})
Files = Mapping[str, str]


class Page(NamedTuple):
    """One slide of one pitfall, as a program: its files by name, and the settings it is checked with."""

    pitfall: Pitfall
    slide: Slide
    files: Files
    settings: Settings

    @property
    def name(self) -> str:
        return f"{self.pitfall.name}: {self.slide.heading}"

    def selecting(self, names: frozenset[str]) -> Settings:
        return replace(self.settings, select=names)


def page(pitfall: Pitfall, slide: Slide) -> Page:
    """A slide's unnamed code stands in one file; a `toml` block decides the settings."""
    files: dict[str, str] = {}
    settings = Settings()
    for code in slide.codes:
        if code.language == "toml":
            table = tomllib.loads(code.text)["tool"]["awaitlens"]
            settings = replace(settings, **understand(table, "pyproject.toml")[0])
        elif code.language in ("python", "py"):
            path = code.path or "shop.py"
            assert path not in files, (
                f"{pitfall.name}: two code blocks for {path} on the slide {slide.heading!r}"
            )
            files[path] = code.without_carets
    return Page(pitfall, slide, files, settings)


def pages(*kinds: str) -> list[Page]:
    slides = ((each, slide) for each in pitfalls().values() for slide in each.lesson.slides)
    return [page(each, slide) for each, slide in slides if slide.kind in kinds]


def pairs() -> list[tuple[Page, Page]]:
    """Bad slides with the Good slide that their fix is to make of them."""
    every = ((each, *pair) for each in pitfalls().values() for pair in each.lesson.pairs if each.fix)
    return [
        (page(each, bad), page(each, good)) for each, bad, good in every if good is not None and good.codes
    ]


def findings(files: Files, settings: Settings) -> list[tuple[str, Finding]]:
    """All findings of all files, as (path, finding)."""
    program = check_texts(files, settings)
    return [(path, finding) for path in files for finding in program.findings(path)]


def of(pitfall: Pitfall, found: list[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
    return [(path, finding) for path, finding in found if finding.pitfall == pitfall.name]


def after(files: Files, path: str, patch: Patch) -> dict[str, str]:
    """The files after a patch, which may reach into others than the finding's."""
    edits: dict[str, list[Edit]] = {}
    for edit in patch.edits:
        edits.setdefault(edit.path or path, []).append(edit)
    return {each: apply(text, edits.get(each, ())) for each, text in files.items()}


def repairs(here: Page, files: Files) -> Iterator[tuple[str, Finding, Patch]]:
    """(path, finding, patch) for what the pitfall finds and offers to change."""
    settings = here.selecting(frozenset({here.pitfall.name}))
    program = check_texts(files, settings)
    for path, finding in findings(files, settings):
        for patch in program.patches(path, finding):
            if patch.edits and patch.safety != "show":
                yield path, finding, patch


def repaired(here: Page, files: Files) -> dict[str, str]:
    """The files after the first patch of the first finding that has one, again and again until none is left."""
    done = dict(files)
    for _ in range(20):
        first = next(repairs(here, done), None)
        if first is None:
            return done
        done = after(done, first[0], first[2])
    raise AssertionError(f"{here.name}: repairs do not end; now it says\n{done}")


def identify(value: object) -> str | None:
    if isinstance(value, Page):
        return value.name
    return getattr(value, "__name__", None)


# --- what is found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("here", pages("bad"), ids=identify)
def test_what_the_carets_say_is_found_and_nothing_else(here: Page) -> None:
    found = of(here.pitfall, findings(here.files, here.selecting(frozenset({here.pitfall.name}))))
    expected = {
        (code.path or "shop.py", each.span): each.message
        for code in here.slide.codes
        for each in code.expectations
    }
    said = {(path, on_one_line(here.files[path], finding.span)): finding.message for path, finding in found}
    assert sorted(said) == sorted(expected), said
    assert len(said) == len(found), "two findings at one place"
    for place, message in said.items():
        assert message.startswith(expected[place]), message


def on_one_line(text: str, span: Span) -> Span:
    """Carets underline one line: a longer finding is told by its first."""
    if span.line == span.end_line:
        return span
    return Span(span.line, span.column, span.line, len(text.split("\n")[span.line]))


@pytest.mark.parametrize("here", pages("good", "fine"), ids=identify)
def test_right_code_is_silent(here: Page) -> None:
    found = findings(here.files, here.selecting(frozenset({here.pitfall.name})))
    if not any(code.expectations for code in here.slide.codes):
        found += findings(here.files, here.settings)
    assert [(path, finding.pitfall, finding.span, finding.message) for path, finding in found] == []


# --- what is repaired ---------------------------------------------------------------------------------------


def plain(code: str) -> str:
    return code


@pytest.mark.parametrize("mutation", (plain, *LAYOUT), ids=identify)
@pytest.mark.parametrize(("bad", "good"), pairs(), ids=identify)
def test_the_fix_of_bad_is_good(bad: Page, good: Page, mutation: Mutation) -> None:
    """Byte for byte, and with tabs and the line ends of Windows too."""
    if not any(True for _ in repairs(bad, bad.files)) and only_shows(bad):
        pytest.skip("the pitfall shows what to do and leaves the doing to people")
    done = repaired(bad, {path: str(mutation(text)) for path, text in bad.files.items()})
    assert {path: done.get(path) for path in good.files} == {
        p: mutation(text) for p, text in good.files.items()
    }


def only_shows(here: Page) -> bool:
    settings = here.selecting(frozenset({here.pitfall.name}))
    program = check_texts(here.files, settings)
    offered = [
        patch for path, finding in findings(here.files, settings) for patch in program.patches(path, finding)
    ]
    return bool(offered) and all(patch.safety == "show" for patch in offered)


FIXABLE = [each for each in pages("bad") if each.pitfall.fix is not None]


@pytest.mark.parametrize("mutation", (plain, *SPELLING, *PLACE), ids=identify)
@pytest.mark.parametrize("here", FIXABLE, ids=identify)
def test_a_fix_proves_itself_however_the_code_is_written(here: Page, mutation: Mutation) -> None:
    files = {path: mutation(text) for path, text in here.files.items()}
    if None in files.values():
        pytest.skip("does not apply to this code")
    written = {path: text for path, text in files.items() if text is not None}
    if mutation in (plain, *SPELLING):
        assert counted(here, written) == counted(here, here.files), f"found otherwise in\n{written}"
    elif not counted(here, written):
        pytest.skip("no pitfall in this place")
    for path, finding, patch in repairs(here, written):
        prove(here, written, path, finding, patch)
    done = repaired(here, written)
    assert repaired(here, done) == done


def prove(here: Page, files: Files, path: str, finding: Finding, patch: Patch) -> None:
    """The result parses, the finding is gone, nothing new is found, no comment or string is lost, the layout is kept."""
    done = after(files, path, patch)
    story = f"{patch.title} for {finding.message} made\n{done}\nof\n{files}"
    for each, text in done.items():
        assert compiles(text) or not compiles(files[each]), story
        assert not words_of(files[each]) - words_of(text), story
        assert same_layout(files[each], text), story
    old, new = census(files, here.settings), census(done, here.settings)
    assert new[here.pitfall.name] < old[here.pitfall.name], story
    assert not new - old, f"new findings {new - old}: {story}"
    assert "‹" not in "".join(done.values()), story


def counted(here: Page, files: Files) -> list[str]:
    return sorted(
        finding.message for _, finding in findings(files, here.selecting(frozenset({here.pitfall.name})))
    )


def census(files: Files, settings: Settings) -> Counter[str]:
    # Matters of taste, off by default, may come and go with a repair.
    on = {name for name, pitfall in pitfalls().items() if pitfall.default}
    found = findings(files, replace(settings, select=EVERY))
    return Counter(finding.pitfall for _, finding in found if finding.pitfall in on)


@lru_cache(maxsize=512)
def compiles(text: str) -> bool:
    try:
        compile(text, "lesson", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def words_of(text: str) -> Counter[str]:
    """The comments and strings of a text. An f-string may hold code that a fix changes, and is left out."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(
        token.string for token in tokens if token.type == tokenize.COMMENT or _is_plain_string(token)
    )


def _is_plain_string(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.STRING and "f" not in token.string.partition(token.string[-1])[0].lower()


def same_layout(old: str, new: str) -> bool:
    """Line ends are all of the old kind, and what was indented by tabs still is."""
    if "\r\n" in old and new.count("\n") != new.count("\r\n"):
        return False
    return not ("\n\t" in old and "\n    " in new and "\n    " not in old)


# --- the files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pitfall", pitfalls().values(), ids=lambda pitfall: pitfall.name)
def test_a_pitfall_is_a_short_file_with_a_sentence_on_top(pitfall: Pitfall) -> None:
    source = Path(folder.__path__[0], pitfall.name.replace("-", "_") + ".py").read_text(encoding="utf-8")
    docstring = ast.parse(source).body[0]
    code = [line for line in source.splitlines()[docstring.end_lineno :] if line.strip()]
    assert len(source.splitlines()) <= 150
    assert len(code) <= 60
    assert pitfall.lesson.title.endswith(".")
