"""A deck as one self-contained HTML file, and the parts of it that pages share.

The template engine escapes everything that is not marked as ours; the only text marked so are the files next to the
templates and the Markdown of lessons, which is rendered with HTML and unknown link schemes off. The page asks the
network for nothing, and its content security policy forbids it to.

Jinja, Pygments and markdown-it are imported when the first deck is drawn: checking code needs none of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from awaitlens.present.change import ChangedLine
from awaitlens.present.escape import visible
from awaitlens.present.phrase import pieces, plain_sentence
from awaitlens.present.slides import Change, Deck, Line, Listing

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

Tokens = list[tuple[str, str]]

_NONCE = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def render_html(deck: Deck, nonce: str | None = None) -> str:
    """The deck as one HTML file. With a `nonce` (base64 letters) the policy names it, as webviews want; otherwise it
    names the hashes of the file's own style and script. Raises ValueError for a nonce that is none.
    """
    if nonce is not None and not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce consists of base64 letters")
    style, script = our_text("look.css") + our_text("deck.css"), our_text("deck.js")
    page: str = (
        environment()
        .get_template("deck.html.j2")
        .render(
            deck=deck,
            style=style,
            script=script,
            policy=_policy(nonce, style, script),
            nonced=_nonce_attribute(nonce),
        )
    )
    return _encodable(page)


def _encodable(page: str) -> str:
    """File names that are no text hold lone surrogates, which no HTML file can."""
    return page.encode("utf-8", "replace").decode()


@cache
def environment() -> Environment:
    """The template engine, its escaping on for every template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    engine = Environment(
        loader=PackageLoader("awaitlens.present", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    engine.filters.update(
        pieces=_pieces, plain=plain_sentence, visible=visible, highlighted=highlighted, prose=prose
    )
    return engine


@cache
def our_text(name: str) -> Markup:
    """A file that lies beside the templates, as text that needs no escaping."""
    from importlib.resources import files

    from markupsafe import Markup

    return Markup(files("awaitlens.present").joinpath("templates").joinpath(name).read_text("utf-8"))


def prose(markdown: str) -> Markup:
    """A lesson's Markdown as HTML."""
    from markupsafe import Markup

    return Markup(_markdown().render(markdown))


def highlighted(part: Listing | Change) -> Iterator[tuple[Line | ChangedLine, Tokens]]:
    """The lines of a listing or a change, each with its text cut into (CSS class or "", text)."""
    language = part.language if isinstance(part, Listing) else "python"
    lines: Sequence[Line | ChangedLine] = part.lines
    texts = [line.text for line in lines]
    return zip(lines, _by_line(texts) if language == "python" else [[("", text)] for text in texts])


def _by_line(texts: list[str]) -> list[Tokens]:
    from pygments.lexers.python import PythonLexer

    lines: list[Tokens] = [[]]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens("\n".join(texts)):
        first, *rest = value.split("\n")
        lines[-1].append((_css(str(token)), first))
        lines += [[(_css(str(token)), text)] for text in rest]
    return [[(css, text) for css, text in line if text] for line in lines][: len(texts)]


_CLASSES = (
    ("Token.Keyword", "k"),
    ("Token.Operator.Word", "k"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "n"),
    ("Token.Name.Function", "f"),
    ("Token.Name.Class", "f"),
    ("Token.Name.Decorator", "f"),
    ("Token.Comment", "c"),
)


@cache
def _css(token: str) -> str:
    return next((css for prefix, css in _CLASSES if token.startswith(prefix)), "")


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False})


def _pieces(sentence: str) -> list[Any]:
    return list(pieces(sentence))


def _policy(nonce: str | None, style: str, script: str) -> str:
    styles, scripts = (f"nonce-{nonce}",) * 2 if nonce else (_hash(style), _hash(script))
    return f"default-src 'none'; style-src '{styles}'; script-src '{scripts}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _nonce_attribute(nonce: str | None) -> Markup:
    from markupsafe import Markup

    return Markup(' nonce="{}"').format(nonce) if nonce else Markup("")
