"""What the server offers beside findings: atomic sections, what stands above functions, who calls whom, decks as documents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from awaitlens.edge import commands, notebooks, structure
from awaitlens.edge.asking import answer

if TYPE_CHECKING:
    from awaitlens.edge.server import Server


def register(ls: Server) -> None:
    """Folding and semantic tokens would displace those of other servers in some editors: they are offered to those
    alone who had switched them on when they connected."""
    ls.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)(document_highlight)
    ls.feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)(prepare_call_hierarchy)
    ls.feature(types.CALL_HIERARCHY_INCOMING_CALLS)(incoming_calls)
    ls.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)(outgoing_calls)
    ls.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))(code_lens)
    settings = [ls.folders.settings_for(root + "/") for root in ls.folders.roots or ("",)]
    if any("atomic" in each.hints for each in settings):
        ls.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)(folding_range)
    if any(each.semantic_tokens for each in settings):
        ls.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, structure.LEGEND)(semantic_tokens)
    if ls.client.asks_for_content:
        ls.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(commands.text_document_content)


def offer(ls: Server, capabilities: types.ServerCapabilities) -> None:
    """What the library does not offer by itself, and what it had better not offer.

    A client library registers every command that is offered under its name, and VS Code's client has a command of its
    own for checking the workspace: two of a name would keep it from starting.
    """
    if ls.client.syncs_notebooks:
        capabilities.notebook_document_sync = notebooks.OFFER
    if ls.client.asks_for_content and capabilities.workspace is not None:
        options = types.TextDocumentContentOptions(schemes=[commands.SCHEME])
        capabilities.workspace.text_document_content = options
    if capabilities.execute_command_provider is not None:
        offered = capabilities.execute_command_provider.commands
        capabilities.execute_command_provider.commands = [c for c in offered if c != commands.CHECK]


async def document_highlight(
    ls: Server, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    return await answer(ls, params.text_document.uri, partial(structure.highlights, ls, params.position))


async def folding_range(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    return await answer(ls, params.text_document.uri, structure.folding)


async def semantic_tokens(ls: Server, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    return await answer(ls, params.text_document.uri, partial(structure.tokens, ls))


async def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    return await answer(ls, params.text_document.uri, partial(structure.lenses, ls))


async def prepare_call_hierarchy(
    ls: Server, params: types.CallHierarchyPrepareParams
) -> list[types.CallHierarchyItem] | None:
    return await answer(ls, params.text_document.uri, partial(structure.callable_at, ls, params.position))


async def incoming_calls(
    ls: Server, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall]:
    return await ls.turns.work(partial(structure.callers, ls, params.item))


async def outgoing_calls(
    ls: Server, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall]:
    return await ls.turns.work(partial(structure.called, ls, params.item))
