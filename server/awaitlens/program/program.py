"""All files' facts, and what can be asked about them together. Answers are worked out when asked for, then kept."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Container, Iterable, Iterator, MutableMapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from awaitlens.program.catalogue import Catalogue, Unopened
from awaitlens.program.facts import Facts
from awaitlens.program.index import Index
from awaitlens.program.likeness import changed_calls
from awaitlens.program.memory import LINES, Ground
from awaitlens.program.modules import FileFacts, imports_of
from awaitlens.program.names import Names
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.outline import Outline, outline
from awaitlens.program.reach import Reach
from awaitlens.program.summaries import Summaries
from awaitlens.settings import Settings

if TYPE_CHECKING:
    from awaitlens.program.packages import Packages


class Program:
    """The files of one workspace and what their names, calls and functions come to.

    Paths are absolute, with forward slashes. A Program belongs to one thread at a time. `epoch` counts the changes
    that any block may notice, `edits` the smaller ones; `touched` is what those have touched.
    """

    def __init__(
        self,
        files: Iterable[FileFacts] | Unopened = (),
        settings_for: Callable[[str], Settings] = lambda path: Settings(),
        roots: tuple[str, ...] = (),
        load: Callable[[str], FileFacts | None] = lambda path: None,
        packages: Packages | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`settings_for` gives a file's settings; `load` reads a file that an import asks for and that is not here yet;
        `packages` knows what lies outside. With a catalogue, `files` are those it speaks of."""
        self.packages = packages
        self.settings_for = settings_for
        self.roots = roots
        self._load = load
        self._absent: set[str] = set()
        self._outlined: tuple[Facts | None, Outline] = None, ()
        self.epoch = 0
        self.edits = 0
        self.touched: set[Ground] = set()
        self.files: MutableMapping[str, FileFacts] = {}
        self._modules: dict[str, str] = {}
        self._namesakes: dict[str, set[str]] = {}
        self.names = Names(self)
        self.summaries = Summaries(self)
        self.reach = Reach(self, catalogue)
        self.index = Index(self, catalogue)
        if isinstance(files, Unopened):
            self.files = files
            self._take_modules(files.modules())
            return
        for file in files:
            self.add(file)

    def _take_modules(self, modules: Sequence[tuple[str, str]]) -> None:
        """The same for modules and their paths, of all files at once."""
        self._modules = dict(reversed(modules))
        if len(self._modules) < len(modules):
            for module, path in modules:
                if self._modules[module] != path:
                    self._namesakes.setdefault(module, {self._modules[module]}).add(path)

    def add(self, file: FileFacts) -> None:
        """Add a file without forgetting anything: for the first filling, or before `forget`."""
        self.files[file.path] = file
        self._touch(file.path)
        known = self._modules.setdefault(file.module, file.path)
        if known != file.path:
            self._namesakes.setdefault(file.module, {known}).add(file.path)
        for root in self.roots:
            if file.path.startswith(root + "/"):
                self._modules.setdefault(dotted(file.path[len(root) + 1 :]), file.path)

    def put(self, file: FileFacts) -> bool:
        """Add a file or replace it. True when other blocks may now see other names, so that all answers are forgotten."""
        self._absent.discard(file.path)
        self.add(file)
        self.forget()
        return True

    def put_block(
        self, file: FileFacts, number: int, facts: Facts, blocks: tuple[tuple[int, Facts], ...]
    ) -> bool:
        """Replace one block of a file. True when others can see the difference.

        What only those notice who read the block's body, or where blocks begin, is added to `touched`.
        """
        old = file.facts(number)
        changed = changed_calls(old, facts)
        known, before = self._outlined
        if changed is None:
            before = before if known is old else outline(old, file)
            self._outlined = facts, outline(facts, file)
            if before != self._outlined[1] or self._leads_elsewhere(file, old, facts):
                return self.put(FileFacts(file.path, file.module, blocks))
        elif known is old:
            self._outlined = facts, before
        later = self.files[file.path] = file.with_same_outline(blocks, number)
        self.index.replaced(later, number, old)
        self.reach.touch(file.path)
        if self.index.notices(file.path, old, facts):
            self.forget()
            return True
        memory = self.names.memory
        touched = memory.edited(file.path, old, facts)
        if changed is not None:
            self.names.carry_over(file.path, old, facts, changed)
        memory.forget_block(file.path, old)
        if blocks[-1][0] != file.blocks[-1][0]:
            touched |= memory.touched([(file.path, LINES)])
        self.touched |= touched | self.summaries.changed(file.path, old, facts, touched)
        self.edits += 1
        return False

    def _leads_elsewhere(self, file: FileFacts, old: Facts, new: Facts) -> bool:
        """Whether the imports of a block name other files than they did."""
        before, after = imports_of(old), imports_of(new)
        return before != after and self.reach.targets_of(file, before) != self.reach.targets_of(file, after)

    def remove(self, path: str) -> None:
        file = self.files.pop(path, None)
        if file is not None:
            self._touch(path)
            self._modules = {name: where for name, where in self._modules.items() if where != path}
            others = self._namesakes.get(file.module, set())
            others.discard(path)
            if others:
                self._modules[file.module] = min(others)
            self.forget()

    def release(self) -> None:
        """Give back what was read of files of the disk: should somebody ask again, it is read again. Answers stay."""
        for path, file in self.files.items():
            if isinstance(file, FileOnDemand) and file.held:
                file.release_text()
                self.names.memory.release_file(path)

    def _touch(self, path: str) -> None:
        self.index.touch(path)
        self.reach.touch(path)

    def forget(self) -> None:
        """Drop every answer: names may mean something else now."""
        self.epoch += 1
        self._outlined = None, ()
        self.touched.clear()
        self.names.memory.forget()
        self.summaries.forget()
        self.index.forget()

    def use(self, packages: Packages) -> None:
        """Ask others about what lies outside, from now on."""
        self.packages = packages
        self.forget()

    # --- modules -------------------------------------------------------------------------------------------

    def find_module(self, module: str, level: int, file: FileFacts) -> str | None:
        """The file of the program that `from module import` or `import module` means in `file`; None if it has none."""
        return self._module(module, level, file, self._is_there)

    def known_module(self, module: str, level: int, file: FileFacts) -> str | None:
        """The same among the files that are here already."""
        return self._module(module, level, file, self.files.__contains__)

    def _module(
        self, module: str, level: int, file: FileFacts, is_there: Callable[[str], bool]
    ) -> str | None:
        if level:
            base = posixpath.dirname(file.path)
            for _ in range(level - 1):
                base = posixpath.dirname(base)
            return _module_file(base, module, is_there)
        found = self._modules.get(module)
        if module.partition(".")[0] in sys.stdlib_module_names and not (
            found is not None and self._is_at_root(found, module)
        ):
            # A package may well have a module `os` or `types` of its own, a folder a script of that name; plain
            # `import os` does not mean that one.
            return None
        if found is not None:
            namesakes = self._namesakes.get(module)
            return _nearest(namesakes, file.path) if namesakes else found
        for base in self._bases(file.path, is_there):
            beside = _module_file(base, module, is_there)
            if beside is not None and beside != file.path:
                return beside
        return None

    def _bases(self, path: str, is_there: Callable[[str], bool]) -> Iterator[str]:
        """Where an absolute import of a file may begin: beside it, where the outermost package around it lies, and in the
        folders of the workspace and of the file's project, also in its `src`."""
        folder = posixpath.dirname(path)
        yield folder
        while is_there(f"{folder}/__init__.py") and posixpath.dirname(folder) != folder:
            folder = posixpath.dirname(folder)
        yield folder
        yield from self.roots
        project = self.settings_for(path).root
        if project:
            yield from (project, f"{project}/src")

    def _is_at_root(self, path: str, module: str) -> bool:
        """Whether the file lies where programs start to look for modules."""
        place = module.replace(".", "/")
        ends = (f"{place}.py", f"{place}/__init__.py")
        return any(path == posixpath.join(root, end) for root in (*self.roots, "") for end in ends)

    def find_submodule(self, package: FileFacts, name: str) -> str | None:
        return _submodule(package.path, name, self._is_there)

    def known_submodule(self, package: str, name: str) -> str | None:
        """The file of a package's module, if it is here already."""
        return _submodule(package, name, self.files.__contains__)

    def _is_there(self, path: str) -> bool:
        return path in self.files or self._loaded(path)

    def _loaded(self, path: str) -> bool:
        """Ask once for a file that is not here."""
        if path in self._absent:
            return False
        file = self._load(path)
        if file is None:
            self._absent.add(path)
            return False
        self.add(file)
        return True


def _submodule(package: str, name: str, is_there: Callable[[str], bool]) -> str | None:
    if not package.endswith("/__init__.py"):
        return None
    return _module_file(posixpath.dirname(package), name, is_there)


def _module_file(base: str, module: str, is_there: Callable[[str], bool]) -> str | None:
    stem = f"{base}/{module.replace('.', '/')}" if module else base
    return next(filter(is_there, (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi")), None)


def _nearest(paths: set[str], path: str) -> str:
    """Of files whose modules have one name, the one that an import in the file means: who shares most folders with it."""
    parts = path.split("/")

    def apart(other: str) -> tuple[int, str]:
        shared = next((n for n, (a, b) in enumerate(zip(other.split("/"), parts)) if a != b), 0)
        return -shared, other

    return min(paths, key=apart)


def dotted(relative: str) -> str:
    """A relative path as a dotted module name."""
    stem = relative[: -len(PurePath(relative).suffix)] if PurePath(relative).suffix else relative
    parts = stem.split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def module_name(path: str, packages: Container[str]) -> str:
    """The dotted name of a file, from the topmost directory that has an `__init__.py` among `packages` (directories)."""
    directory, base = posixpath.split(path)
    top = directory
    while top in packages and posixpath.dirname(top) != top:
        top = posixpath.dirname(top)
    inner = path[len(top) :].lstrip("/") if top != directory or directory in packages else base
    return dotted(inner)
