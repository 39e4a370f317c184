"""Packages outside the program, read as source and stubs where the tables of `knowledge` know nothing of a name.

They are a program of their own, out of which only answers about names come: what calling one gives, and whether it
blocks. Its files are read on demand and never reported on; edits of the user's code leave its answers alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.util import find_spec

from awaitlens.confidence import weakest
from awaitlens.knowledge import coroutines, types
from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.tables import Grouped, lines
from awaitlens.program import members, protocols, results
from awaitlens.program.chains import Chain
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand, Spent
from awaitlens.program.program import Program, dotted
from awaitlens.program.values import (
    NOT_KNOWN,
    NOTHING,
    UNDESCRIBED,
    Class,
    Coroutine,
    Description,
    External,
    Function,
    Inferred,
    Instance,
    Manager,
    Module,
    Value,
)
from awaitlens.program.waits import certainty

ReadFile = Callable[[str], "str | None"]

_MOST_FILES = 600
_MOST_TEXT = 1_500_000
"""Files of one environment that are opened, and characters of them that are parsed; then no more questions are answered."""
_TELLING = frozenset(
    {"http", "db", "sleep", "subprocess", "mail", "ssh", "ldap", "grpc", "mq", "cache", "cloud"}
)
"""What surely holds up its thread wherever it stands. That a package reads a file of its own says little: mostly once."""


class Packages:
    """Answers about names outside the program. Belongs to one thread at a time.

    With `later`, a name that nobody has asked about yet is not known; `learn` finds out what was asked since.
    """

    def __init__(self, folders: Iterable[str], read_file: ReadFile, *, later: bool = False) -> None:
        """`folders` hold packages, as on `sys.path`; `read_file` gives a file's text, None where there is none."""
        self._later = later
        self._inner = _Inside(tuple(folders), read_file)
        self._described: dict[str, Description] = {}
        self._blocking: dict[str, Chain | None] = {}
        self._protocols: dict[tuple[str, str], coroutines.Protocol] = {}
        self.wanted: set[str] = set()

    def describe(self, name: str) -> Description:
        known = self._described.get(name)
        if known is None:
            if self._later:
                self.wanted.add(name)
                return UNDESCRIBED
            known = self._described[name] = self._inner.describe(name)
        return known

    def blocking(self, name: str) -> Chain | None:
        """How calling the function comes to block, from inside it on; at most likely."""
        if name not in self._blocking:
            if self._later:
                self.wanted.add(name)
                return None
            self._blocking[name] = self._inner.blocking(name)
        return self._blocking[name]

    def protocol(self, name: str, statement: str) -> coroutines.Protocol:
        """Which form of the statement ("with" or "for") objects of the class answer to."""
        known = self._protocols.get((name, statement))
        if known is None:
            if self._later and name not in self._described:
                self.wanted.add(name)
                return "unknown"
            known = self._protocols[name, statement] = self._inner.protocol(name, statement)
        return known

    def learn(self) -> bool:
        """Find out what is wanted. True if something is known of one of the names now."""
        wanted, self.wanted = self.wanted, set()
        for name in wanted:
            self._described[name] = self._inner.describe(name)
            self._blocking[name] = self._inner.blocking(name)
            for statement in ("with", "for"):
                self._protocols[name, statement] = self._inner.protocol(name, statement)
        return any(self._blocking[name] or self._described[name] != UNDESCRIBED for name in wanted)

    def file(self, path: str) -> FileFacts | None:
        return self._inner.files.get(path)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that were read so far."""
        return tuple(self._inner.files)


class _Inside(Program):
    """The packages as a program: absolute imports are looked for in its folders alone."""

    def __init__(self, folders: tuple[str, ...], read_file: ReadFile) -> None:
        self._read_file = read_file
        self._full = False
        self._spent = Spent()
        super().__init__(load=self._read)
        # Not `roots`: a file has one name here, the one it was imported by.
        self._folders = tuple(dict.fromkeys(folder.replace("\\", "/").rstrip("/") for folder in folders))
        self._stubs = _standard_library_stubs()

    # --- names -----------------------------------------------------------------------------------------------

    def describe(self, name: str) -> Description:
        found = self._value(name)
        value = found.value
        if found.confidence == "possible" or self._is_full():
            return UNDESCRIBED
        if isinstance(value, Class):
            return Description("sync", Instance(Class(value.name)))
        if isinstance(value, External) and value.name != name:
            given = types.returns(value.name)
            return Description(coroutines.kind(value.name), Instance(Class(given)) if given else NOTHING)
        return self._described(value) if isinstance(value, Function) else UNDESCRIBED

    def _described(self, function: Function) -> Description:
        _, facts, scope = results.located(self.names, function)
        if facts is None or scope is None or self._is_overloaded(function):
            return UNDESCRIBED
        given = results.function_called(self.names, function)
        value = given.value
        if given.confidence == "possible":
            return UNDESCRIBED
        if isinstance(value, Coroutine):
            return Description("coroutine", _public(value.result)) if scope.is_async else UNDESCRIBED
        if isinstance(value, Manager):
            kind: coroutines.Kind = "async context manager" if value.is_async else "sync"
            return Description(kind, _public(value.result))
        if scope.is_async:
            return Description("async iterator") if scope.is_generator else UNDESCRIBED
        result = _public(value)
        return Description("sync", result) if result != NOTHING else UNDESCRIBED

    def _is_overloaded(self, function: Function) -> bool:
        file, facts, scope = results.located(self.names, function)
        return file is not None and facts is not None and scope is not None and any(
            results.decorator_name(self.names, each, file, facts, scope).endswith("overload")
            for each in scope.decorators
        )  # fmt: skip

    def _value(self, name: str) -> Inferred:
        """What a dotted name stands for: a module, then what is found in it part by part."""
        top, *parts = name.split(".")
        path = self._top_level(top)
        found = Inferred(Module(top, path)) if path else NOT_KNOWN
        for part in parts:
            value = found.value
            if not value or self._is_full():
                return NOT_KNOWN
            if isinstance(value, Class):
                found = members.of_class(self.names, value, part, Instance(value))
            else:
                found = members.attribute(self.names, found, part)
        return found

    def blocking(self, name: str) -> Chain | None:
        """Where the tables list what a package has that blocks, they are believed in what they leave out, too."""
        if name.partition(".")[0] in _told_of() or name.partition(".")[0] in sys.stdlib_module_names:
            return None
        value = self._value(name).value
        if not isinstance(value, Function):
            return None
        chain = self.summaries.of((value.path, value.qualname))
        row = chain.blocking if chain is not None else None
        if chain is None or row is None or self._is_full() or row.category not in _TELLING:
            return None
        confidence = weakest(chain.confidence, certainty(row))
        return None if confidence == "possible" else chain._replace(confidence="likely")

    def protocol(self, name: str, statement: str) -> coroutines.Protocol:
        value = self._value(name).value
        if not isinstance(value, Class) or not value.path or self._is_full():
            return "unknown"
        return protocols.of_class(self.names, value, statement)

    # --- files -----------------------------------------------------------------------------------------------

    def find_module(self, module: str, level: int, file: FileFacts) -> str | None:
        """The tables speak for the standard library and for the packages they know, unless a package asks of itself."""
        if level:
            return super().find_module(module, level, file)
        top = module.partition(".")[0]
        if (top in _told_of() or top in sys.stdlib_module_names) and top != file.module.partition(".")[0]:
            return None
        return self._found(module)

    def _top_level(self, name: str) -> str | None:
        return self._found(name)

    def _found(self, module: str) -> str | None:
        known = self._modules.get(module)
        if known is not None:
            return known
        if self._is_full():
            return None
        if module.partition(".")[0] in sys.stdlib_module_names:
            return self._module_file(self._stubs, module) if self._stubs else None
        first, _, rest = module.partition(".")
        stubs = f"{first}-stubs" + (f".{rest}" if rest else "")
        for folder in self._folders:
            found = self._stub_first(folder, stubs) or self._stub_first(folder, module)
            if found is not None:
                return found
        return None

    def _stub_first(self, folder: str, module: str) -> str | None:
        stem = f"{folder}/{module.replace('.', '/')}"
        for candidate in (f"{stem}.pyi", f"{stem}/__init__.pyi", f"{stem}.py", f"{stem}/__init__.py"):
            if candidate in self.files or self._loaded(candidate):
                return candidate
        return None

    def _module_file(self, base: str, module: str) -> str | None:
        return self._stub_first(base, module) if module else self._stub_first(*base.rsplit("/", 1))

    def find_submodule(self, package: FileFacts, name: str) -> str | None:
        if not package.path.endswith(("/__init__.py", "/__init__.pyi")):
            return None
        return self._module_file(package.path.rpartition("/")[0], name)

    def _read(self, path: str) -> FileFacts | None:
        text = self._read_file(path) if len(self.files) < _MOST_FILES else None
        if text is None:
            return None
        return FileOnDemand(path, self._module_name(path), lambda: text, self._spent)

    def _module_name(self, path: str) -> str:
        for folder in (*self._folders, self._stubs):
            if folder and path.startswith(f"{folder}/"):
                first, dot, rest = dotted(path[len(folder) + 1 :]).partition(".")
                return first.removesuffix("-stubs") + dot + rest
        return dotted(path.rpartition("/")[2])

    def _is_full(self) -> bool:
        """Whether the budget is spent. Answers that might lack something for it are not given."""
        if not self._full:
            self._full = len(self.files) >= _MOST_FILES or self._spent.characters > _MOST_TEXT
        return self._full


def _public(value: Value) -> Value:
    """A value as the program may hold it: an object of a class by its name; of anything else nothing is known."""
    if not isinstance(value, Instance) or "<locals>" in value.cls.name:
        return NOTHING
    return Instance(Class(canonical(value.cls.name)))


@lru_cache(maxsize=1)
def _told_of() -> frozenset[str]:
    """The top-level packages of which the tables say what blocks."""
    owners = {line.partition("\t")[0].partition(".")[0] for line in lines("blocking")}
    return frozenset(owners | {owner.partition(".")[0] for owner in Grouped("kinds").owners()})


@lru_cache(maxsize=1)
def _standard_library_stubs() -> str:
    """The folder of the stubs that jedi brings along; jedi itself is not imported for it. "" where it lies elsewhere."""
    found = find_spec("jedi")
    places = found.submodule_search_locations if found is not None else None
    return f"{next(iter(places))}/third_party/typeshed/stdlib".replace("\\", "/") if places else ""
