"""The commands a client may have executed: these and no others."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lsprotocol import types

from awaitlens.edge import answers
from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.asking import answer
from awaitlens.edge.convert import uri_of
from awaitlens.edge.protocol import INVALID_PARAMS, Refused
from awaitlens.edge.prove import prove
from awaitlens.pitfalls import pitfalls
from awaitlens.present.deck_html import render_html
from awaitlens.present.deck_markdown import render_markdown
from awaitlens.present.slides import deck_for_finding

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

SCHEME = "awaitlens"
"""Of the documents this server writes itself: decks as Markdown."""


CHECK = "awaitlens.checkWorkspace"


def register(ls: Server) -> None:
    ls.protocol.fm.commands[CHECK] = partial(check_workspace, ls)
    ls.protocol.fm.commands["awaitlens.advice"] = partial(advice, ls)
    ls.protocol.fm.commands["awaitlens.slides"] = partial(slides, ls)
    ls.protocol.fm.commands["awaitlens.prove"] = partial(prove, ls)
    ls.protocol.fm.commands["awaitlens.debugInformation"] = partial(debug_information, ls)


async def advice(ls: Server, arguments: Sequence[Any]) -> str | None:
    """Show the advice of a patch that is to be read."""
    uri, key = answers.checked(ls, arguments[0] if arguments else None)
    text: str | None = await answer(ls, uri, partial(answers.advice, key))
    if text:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
    return text


async def slides(ls: Server, arguments: Sequence[Any]) -> dict[str, str] | None:
    """The deck about the finding at `{uri, position}`: its title, its HTML and its Markdown.

    A client that shows decks itself says so: by a `nonce` for the page's policy, or by the `format` it reads. For any
    other the page is opened.
    """
    wish, position = _wish(arguments)
    deck: dict[str, str] | None = await answer(
        ls, wish["uri"], partial(_deck, ls, wish.get("nonce"), position)
    )
    if deck is not None and not wish.keys() & {"nonce", "format"} and ls.client.opens_documents:
        await _open(ls, wish["uri"], position, deck)
    return deck


async def _open(ls: Server, uri: str, position: types.Position, deck: dict[str, str]) -> None:
    """As a document of this server's where the client can ask for its text, else as a page in the browser."""
    if ls.client.asks_for_content:
        ls.window_show_document(types.ShowDocumentParams(address_of_deck(uri, position)))
        return
    path = await ls.turns.work(partial(_written, deck["html"]))
    ls.window_show_document(types.ShowDocumentParams(uri_of(path), external=True))


def address_of_deck(uri: str, position: types.Position) -> str:
    return f"{SCHEME}:/slides.md?{urlencode({'uri': uri, 'line': position.line, 'character': position.character})}"


async def text_document_content(
    ls: Server, params: types.TextDocumentContentParams
) -> types.TextDocumentContentResult:
    """The text of one of this server's own documents."""
    wish, position = _wish([_place_in(params.uri)])
    deck = await answer(ls, wish["uri"], partial(_deck, ls, None, position))
    return types.TextDocumentContentResult(deck["markdown"] if deck else _NO_DECK)


_NO_DECK = "There is nothing to tell any more.\n"


def _place_in(address: str) -> dict[str, Any]:
    """What `address_of_deck` wrote down."""
    asked = dict(parse_qsl(urlsplit(address).query))
    place = {"line": asked.get("line"), "character": asked.get("character")}
    return {"uri": asked.get("uri"), "position": place}


async def check_workspace(ls: Server, _: Sequence[Any]) -> dict[str, int]:
    """Look at all files of the folders; how many there are, and how many findings. Files that are not open show theirs."""
    return await ls.survey.check()


async def debug_information(ls: Server, _: Sequence[Any]) -> dict[str, Any]:
    return ls.state()


def _wish(arguments: Sequence[Any]) -> tuple[dict[str, Any], types.Position]:
    try:
        wish = dict(arguments[0])
        position = types.Position(int(wish["position"]["line"]), int(wish["position"]["character"]))
        return {**wish, "uri": str(wish["uri"])}, position
    except (IndexError, KeyError, TypeError, ValueError):
        raise Refused(INVALID_PARAMS, "Slides need a uri and a position.") from None


def _deck(ls: Server, nonce: object, position: types.Position, snapshot: Snapshot) -> dict[str, str] | None:
    finding = answers.finding_at(ls, position, snapshot)
    pitfall = pitfalls().get(finding.pitfall) if finding else None
    if finding is None or pitfall is None:
        return None
    deck = deck_for_finding(finding, pitfall, snapshot.source, snapshot.patches(finding))
    try:
        html = render_html(deck, str(nonce) if nonce is not None else None)
    except ValueError:
        raise Refused(INVALID_PARAMS, "The nonce is none.") from None
    return {"title": deck.title, "html": html, "markdown": render_markdown(deck)}


def _written(html: str) -> str:
    """The path of a file that holds the page; it stays for the browser to read."""
    folder = Path(tempfile.mkdtemp(prefix="awaitlens-"))
    (folder / "slides.html").write_text(html, encoding="utf-8")
    return str(folder / "slides.html")
