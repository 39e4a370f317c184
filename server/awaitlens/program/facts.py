"""What one block of code says on its own, as plain values.

A block is a top-level statement of a file, or a statement of a class (see syntax/). Its facts never ask about
another block or file, hold no tree, compare by value, and count lines from the block's own first line, so that
an edit elsewhere only shifts them. Every pitfall reads these values; none walks a tree.

Expressions are `Term`s (terms.py), and can be imported from here with the facts that hold them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from awaitlens.program.terms import UNKNOWN as UNKNOWN
from awaitlens.program.terms import Attribute as Attribute
from awaitlens.program.terms import Awaited as Awaited
from awaitlens.program.terms import Comprehension as Comprehension
from awaitlens.program.terms import Constant as Constant
from awaitlens.program.terms import Display as Display
from awaitlens.program.terms import Either as Either
from awaitlens.program.terms import Entered as Entered
from awaitlens.program.terms import Item as Item
from awaitlens.program.terms import Iterated as Iterated
from awaitlens.program.terms import Lambda as Lambda
from awaitlens.program.terms import Name as Name
from awaitlens.program.terms import Other as Other
from awaitlens.program.terms import Result as Result
from awaitlens.program.terms import Starred as Starred
from awaitlens.program.terms import Term as Term
from awaitlens.program.terms import Unpacked as Unpacked
from awaitlens.source import Span

# --- what becomes of a value ------------------------------------------------------------------------------


class Usage(NamedTuple):
    """What becomes of the value of a call.

    kind is one of
    - "dropped": the call is a statement of its own
    - "awaited": `await f()`
    - "assigned": `x = f()`, also by walrus; `name` is the target as source text ("x", "self.x", "x[0]")
    - "returned", "yielded", "raised", "deleted"
    - "argument": of call number `call`, at position `name` ("0", "1", ...) or keyword `name`
    - "tested": decides an if, while, assert, `not`, or a conditional expression; or is a non-last operand of and/or
    - "formatted": inside an f-string
    - "compared": operand of `==`, `in`, `is`, ...; on the right, `name` is the operator's ("Eq", "In", "Is", ...)
    - "operand": of arithmetic
    - "attribute": `f().name`; "called": `f()()`; "key": `x[f()]`
    - "indexed": `f()[...]`; `name` is "slice" for a slice without a step
    - "iterated", "async iterated": `for x in f()`, `async for x in f()`, comprehensions likewise
    - "entered", "async entered": `with f()`, `async with f()`
    - "element": of a list, tuple, set or dict display, or of a comprehension; `outer` says what becomes of that
    - "starred": `*f()`; `outer` says where
    - "default": of a parameter; "decorator"; "base": of a class; "annotation"; "other"
    """

    kind: str
    call: int = -1
    name: str = ""
    outer: Usage | None = None

    @property
    def final(self) -> Usage:
        """The usage behind displays and stars: `gather(*[f()])` is finally an argument of gather."""
        usage = self
        while usage.outer is not None:
            usage = usage.outer
        return usage


# --- facts ------------------------------------------------------------------------------------------------


class Argument(NamedTuple):
    """One argument of a call: `keyword` is "" for a positional one, "*" or "**" for an unpacked one."""

    keyword: str
    value: Term
    span: Span


class Call(NamedTuple):
    """One call. `span` is the whole call, `callee_span` what is called; `scope` and `context` are numbers in Facts."""

    number: int
    callee: Term
    arguments: tuple[Argument, ...]
    usage: Usage
    scope: int
    context: int
    span: Span
    callee_span: Span

    @property
    def positional(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if a.keyword in ("", "*"))

    def argument(self, position: int, keyword: str = "") -> Argument | None:
        """The argument at `position` (if no `*` stands before it) or with that keyword; -1 asks for the keyword alone."""
        index = 0
        for argument in self.arguments:
            if keyword and argument.keyword == keyword:
                return argument
            if argument.keyword == "*":
                index = 1_000_000
            elif argument.keyword == "":
                if index == position:
                    return argument
                index += 1
        return None

    def keyword(self, name: str) -> Term | None:
        for argument in self.arguments:
            if argument.keyword == name:
                return argument.value
        return None


class Suspension(NamedTuple):
    """A point at which a coroutine may hand control back to the event loop.

    kind is "await", "async for", "async with" (entering), "async with exit" or "async comprehension".
    `operand` is what is awaited, iterated or entered. `usage` says what becomes of the awaited value.
    `span` covers the whole expression or header (`await x`), `keyword_span` the word `await` or `async`.
    """

    number: int
    kind: str
    operand: Term
    usage: Usage
    scope: int
    context: int
    span: Span
    keyword_span: Span


class Context(NamedTuple):
    """A construct that encloses code inside one function.

    kind is "with", "async with", "try", "except", "try else", "finally", "for", "async for", "while", "loop else",
    "if", "else", "case", "comprehension", "assert" or "operand" (of `x if c else y`, `and` and `or`: one that is not
    always evaluated, and more than a name). `terms` are the context managers, exception types, iterable or test;
    `names` what they bind ("" where nothing). Contexts form a tree by `parent` (-1 at the top) and never
    reach across functions. `span` is the header (`with lock:`), `body_span` what it encloses.
    """

    number: int
    kind: str
    parent: int
    scope: int
    terms: tuple[Term, ...]
    names: tuple[str, ...]
    span: Span
    body_span: Span


class Parameter(NamedTuple):
    """kind is "positional only", "positional", "keyword only", "*" or "**"."""

    name: str
    kind: str
    annotation: Term | None
    default: Term | None


class Binding(NamedTuple):
    """A name given a value in a scope.

    kind is "assign", "annotation" (`x: T` without a value), "augmented", "walrus", "for", "async for", "with",
    "async with", "import", "def", "class", "parameter", "except", "delete", "comprehension", "match".
    `value` is UNKNOWN where the program text does not say; for "def" and "class" it is Lambda(scope).
    Targets that are not bare names (`self.x`, `cache[k]`) are not bindings but `Access`es.
    """

    name: str
    kind: str
    value: Term
    annotation: Term | None
    scope: int
    context: int
    span: Span


class Import(NamedTuple):
    """One imported name: `from module import symbol as name`, `import module as name`.

    `module` has its leading dots cut off and counted in `level`. `symbol` is "" for `import module`, "*" for a star
    import. `import a.b` without `as` binds `a`: then name is "a" and module "a.b".
    """

    name: str
    module: str
    symbol: str
    level: int
    scope: int
    context: int
    type_checking: bool
    span: Span


class Access(NamedTuple):
    """A write to an attribute or an item. Writes to bare names are Bindings; reads in their order are in `flows`.

    kind is "write", "augmented" (read then write) or "delete". `place` is an Attribute or Item; `value` what is
    written, UNKNOWN for a deletion.
    """

    place: Term
    kind: str
    value: Term
    scope: int
    context: int
    span: Span


class Use(NamedTuple):
    """A read of a local variable that holds what a call gave, and what becomes of it there."""

    name: str
    usage: Usage
    scope: int
    context: int
    span: Span


class Jump(NamedTuple):
    """kind is "return", "raise", "break", "continue" or "yield". `value` is UNKNOWN where there is none (bare raise)."""

    kind: str
    value: Term
    scope: int
    context: int
    span: Span


TYPE_PARAMETERS = "type parameters"
"""Stands as a keyword among the bases of `class Repository[T]`."""


class Scope(NamedTuple):
    """A module's or class's own statements, a function or a lambda.

    kind is "module", "class", "function" or "lambda". `qualname` is as in `__qualname__`, without the classes that
    enclose the block. `reads` are the bare names its own code loads. `span` covers decorators to the last line; `name_span` the name; `keyword_span` the word `async`
    or `def`. `directives` are the `# awaitlens:` words on the header's lines ("blocking", "not-blocking").
    """

    number: int
    kind: str
    name: str
    qualname: str
    parent: int
    is_async: bool
    is_generator: bool
    parameters: tuple[Parameter, ...]
    decorators: tuple[Term, ...]
    returns: Term | None
    global_names: frozenset[str]
    nonlocal_names: frozenset[str]
    reads: frozenset[str]
    bases: tuple[Argument, ...]
    span: Span
    name_span: Span
    keyword_span: Span
    directives: tuple[str, ...]
    docstring: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one block says. Numbers in the values above are positions in these tuples.

    `scopes[0]` is the module's or class's level itself. `owner` names the classes around the block, outermost first.
    `repaired` is true where half-typed code was patched up: then nothing may be claimed that rests on an absence.
    """

    text: str
    owner: tuple[str, ...]
    repaired: bool
    scopes: tuple[Scope, ...]
    calls: tuple[Call, ...]
    suspensions: tuple[Suspension, ...]
    contexts: tuple[Context, ...]
    bindings: tuple[Binding, ...]
    imports: tuple[Import, ...]
    accesses: tuple[Access, ...]
    uses: tuple[Use, ...]
    jumps: tuple[Jump, ...]
    has_async: bool
    flows: tuple[Any, ...] = ()

    def functions(self) -> Iterator[Scope]:
        return (scope for scope in self.scopes if scope.kind == "function")

    def async_functions(self) -> Iterator[Scope]:
        return (scope for scope in self.scopes if scope.is_async)

    def calls_in(self, scope: int) -> Iterator[Call]:
        return (call for call in self.calls if call.scope == scope)

    def enclosing(self, context: int) -> Iterator[Context]:
        """The constructs around a fact, innermost first, up to the border of its function."""
        while context >= 0:
            found = self.contexts[context]
            yield found
            context = found.parent

    def is_within(self, scope: int, outer: int) -> bool:
        """Whether scope number `scope` is `outer` or nested in it."""
        while scope >= 0:
            if scope == outer:
                return True
            scope = self.scopes[scope].parent
        return False

    def call_at(self, span: Span) -> Call | None:
        """The call that spans this text, or whose callee does."""
        return next((call for call in self.calls if span in (call.span, call.callee_span)), None)

    def call_of(self, term: Term) -> Call | None:
        return self.calls[term.call] if isinstance(term, Result) else None

    def slice(self, span: Span) -> str:
        """The source text under a span of this block."""
        lines = self.text.split("\n")
        if span.line == span.end_line:
            return lines[span.line][span.column : span.end_column]
        middle = lines[span.line + 1 : span.end_line]
        return "\n".join([lines[span.line][span.column :], *middle, lines[span.end_line][: span.end_column]])


def last_name(term: Term) -> str:
    """The last part of a dotted name; "" for any other term."""
    if isinstance(term, Attribute):
        return term.attr
    return term.id if isinstance(term, Name) else ""
