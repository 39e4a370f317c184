"""The conversation itself: who may say what and when, and that every request gets its answer.

It builds on pygls and differs where pygls 2.1 was seen to misbehave: it forgot nothing it had handled, left requests
with bad parameters unanswered, ignored requests before `initialize` and after `shutdown`, sent tracebacks to the
client and logged whole messages. Messages that come with every keystroke take a short way: they are read as the plain
JSON they are, and their answers are written as JSON, without being turned into objects and back.
"""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future
from typing import Any, Literal, Protocol

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from awaitlens.edge.client import Json, essential
from awaitlens.edge.frames import frame

log = logging.getLogger("awaitlens.edge")

ARRIVED: contextvars.ContextVar[int] = contextvars.ContextVar("arrived")
"""The time on the protocol's clock at which the request being answered came in."""

Id = int | str
Stage = Literal["fresh", "running", "shut down", "over"]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
CANCELLED = -32800
CONTENT_MODIFIED = -32801


class Writer(Protocol):
    def write(self, data: bytes) -> object: ...


class Refused(JsonRpcException):
    """A request that cannot be served. Code and message go to the client, and nothing else."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message=message, code=code)


class EdgeProtocol(LanguageServerProtocol):
    """One client's conversation. All of it happens on the event loop's thread.

    `notified[method](params)` and `asked[method](params)` are the short way, with plain JSON; `asked` returns the JSON
    text of the answer, or None to take the long way. `commands` are all that the client may have executed. `clock()`
    counts the edits, so that a request can be told from the text it was asked about. `offer(capabilities)` adds what the
    library knows nothing of. `ended(exit code)` is called when
    the conversation is over.
    """

    def __init__(self, server: Any, converter: Converter) -> None:
        super().__init__(server, converter)
        self.stage: Stage = "fresh"
        self.notified: dict[str, Callable[[Json], None]] = {}
        self.asked: dict[str, Callable[[Json], str | None]] = {}
        self.clock: Callable[[], int] = int
        self.before_initialize: Callable[[Json], None] = _ignore
        self.offer: Callable[[types.ServerCapabilities], None] = _ignore
        self.ended: Callable[[int], None] = _ignore

    def receive(self, body: bytes) -> None:
        """Handle one message. Never raises: what is wrong with a message is told to the client, or logged."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "The message is no JSON.")
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._refuse(_id_of(message), INVALID_REQUEST, "The message is no JSON-RPC 2.0 object.")
        elif "method" not in message:
            self._receive_response(message)
        elif "id" in message:
            self._receive_request(message)
        else:
            self._receive_notification(message)

    def send_text(self, text: str) -> None:
        """Send a message that is JSON already."""
        if self.writer is not None:
            self.writer.write(frame(text))

    # --- requests -------------------------------------------------------------------------------------------

    def _receive_request(self, message: Json) -> None:
        identifier, method = _id_of(message), message["method"]
        refusal = self._refusal(identifier, method)
        if refusal is not None or identifier is None:
            assert refusal is not None
            self._refuse(identifier, *refusal)
        elif method == types.SHUTDOWN:
            self._shut_down(identifier)
        elif not self._answer_at_once(identifier, method, message):
            self._answer_by_handler(identifier, method, message)

    def _refusal(self, identifier: Id | None, method: object) -> tuple[int, str] | None:
        if identifier is None or not isinstance(method, str) or identifier in self._request_futures:
            return INVALID_REQUEST, "A request needs a method's name and an id of its own."
        if self.stage == "fresh" and method != types.INITIALIZE:
            return NOT_INITIALIZED, "The server waits for initialize."
        if self.stage == "running" and method == types.INITIALIZE:
            return INVALID_REQUEST, "The server is initialized already."
        if self.stage in ("shut down", "over"):
            return INVALID_REQUEST, "The server is shut down."
        if method != types.SHUTDOWN and not self._has_handler(method):
            return METHOD_NOT_FOUND, f"There is no method {method[:80]!r} here."
        return None

    def _has_handler(self, method: str) -> bool:
        return method in self.fm.builtin_features or method in self.fm.features or method in self.asked

    def _shut_down(self, identifier: Id | None) -> None:
        self._shutdown, self.stage = True, "shut down"
        for future in list(self._request_futures.values()):
            future.cancel()
        self._reply(identifier, "null")

    def _answer_at_once(self, identifier: Id, method: str, message: Json) -> bool:
        handler = self.asked.get(method)
        if handler is None:
            return False
        try:
            answer = handler(message["params"])
        except Exception as error:
            self._fail(identifier, method, error)
            return True
        if answer is not None:
            self._reply(identifier, answer)
        return answer is not None

    def _answer_by_handler(self, identifier: Id, method: str, message: Json) -> None:
        try:
            if method == types.INITIALIZE:
                self.before_initialize(message["params"])
                message = {**message, "params": essential(message["params"])}
            params = self._structured(method, message)
        except Exception as error:
            log.info("bad parameters for %s: %s", method, type(error).__name__)
            self._refuse(identifier, INVALID_PARAMS, f"These are no parameters for {method}.")
            return
        if method == types.INITIALIZE:
            self.stage = "running"
        context = contextvars.copy_context()
        context.run(ARRIVED.set, self.clock())
        context.run(self._handle_request, identifier, method, params)

    def _structured(self, method: str, message: Json) -> Any:
        kind = self.get_message_type(method)
        return getattr(self._converter.structure(message, kind), "params", None) if kind else None

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        self.offer(result.capabilities)
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]
        """Only what was registered; pygls would fill the arguments into signatures it guesses at."""
        command: Callable[[Sequence[Any]], Awaitable[Any]] | None = self.fm.commands.get(params.command)
        if command is None:
            raise Refused(INVALID_PARAMS, "There is no such command.")
        return await command(params.arguments or ())

    # --- notifications --------------------------------------------------------------------------------------

    def _receive_notification(self, message: Json) -> None:
        method = message["method"]
        if method == types.EXIT:
            code, self.stage = (0 if self.stage == "shut down" else 1), "over"
            self.ended(code)
        elif self.stage == "running" and isinstance(method, str):
            try:
                self._notice(method, message)
            except Exception as error:
                self._log_failure(method, error)

    def _notice(self, method: str, message: Json) -> None:
        if method == types.CANCEL_REQUEST:
            self._cancel(message["params"]["id"])
        elif method in self.notified:
            self.notified[method](message["params"])
        elif self._has_handler(method):
            params = self._structured(method, message)
            contextvars.copy_context().run(self._handle_notification, method, params)

    def _cancel(self, identifier: Id) -> None:
        future = self._request_futures.get(identifier)
        if future is not None:
            future.cancel()

    # --- the other direction --------------------------------------------------------------------------------

    def _receive_response(self, message: Json) -> None:
        """The client's answer to a request of ours."""
        identifier = _id_of(message)
        future = self._request_futures.pop(identifier, None) if identifier is not None else None
        if identifier is not None:
            self._result_types.pop(identifier, None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(Refused(INTERNAL_ERROR, "The client refused."))
        else:
            future.set_result(message.get("result"))

    def _execute_handler(
        self,
        msg_id: Any,
        handler: Any,
        callback: Any,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As in pygls, but what is done is forgotten: pygls keeps each notification's future for ever."""

        def done(future: Future[Any]) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    def _send_handler_result(self, future: Future[Any], *, msg_id: Id) -> None:
        if future.cancelled():
            self._refuse(msg_id, CANCELLED, "The request was cancelled.")
            return
        error = future.exception()
        if isinstance(error, Exception):
            self._fail(msg_id, "a request", error)
        else:
            self._reply(msg_id, json.dumps(future.result(), default=self._serialize_message))

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and isinstance(error := future.exception(), Exception):
            self._log_failure("a notification", error)

    def _send_data(self, data: Any) -> None:
        self.send_text(json.dumps(data, default=self._serialize_message))

    def _fail(self, identifier: Id | None, method: str, error: Exception) -> None:
        if isinstance(error, JsonRpcException):
            self._refuse(identifier, error.code or INTERNAL_ERROR, error.message or "")
            return
        self._log_failure(method, error)
        self._refuse(identifier, INTERNAL_ERROR, f"The server could not answer ({type(error).__name__}).")

    def _log_failure(self, method: str, error: Exception) -> None:
        """Where it failed, and not on what: the user's code stays out of the log."""
        frames = []
        trace = error.__traceback__
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
            trace = trace.tb_next
        log.error("%s failed: %s at %s", method, type(error).__name__, " > ".join(frames))

    def _reply(self, identifier: Id | None, result: str) -> None:
        self.send_text(f'{{"jsonrpc":"2.0","id":{json.dumps(identifier)},"result":{result}}}')

    def _refuse(self, identifier: Id | None, code: int, message: str) -> None:
        error = {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}
        self.send_text(json.dumps(error))


def _id_of(message: object) -> Id | None:
    identifier = message.get("id") if isinstance(message, dict) else None
    return identifier if isinstance(identifier, (int, str)) and not isinstance(identifier, bool) else None


def _ignore(_: object) -> None:
    """Nobody listens yet."""
