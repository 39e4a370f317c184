"""Terms to values: what a name, an attribute or a call stands for, across the files of the program.

Everything here is read from the facts. Where the text does not tell, the answer is "not known", never a guess that
is sold as certain.
"""

from __future__ import annotations

import builtins
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from awaitlens.knowledge import coroutines, types
from awaitlens.knowledge.aliases import canonical
from awaitlens.program import consumption, containers, declared, injected, members, results
from awaitlens.program.facts import (
    Attribute,
    Awaited,
    Binding,
    Comprehension,
    Constant,
    Display,
    Either,
    Entered,
    Facts,
    Item,
    Iterated,
    Lambda,
    Name,
    Other,
    Result,
    Starred,
    Term,
    Unpacked,
)
from awaitlens.program.likeness import same_constructs
from awaitlens.program.memory import Memory, OfFlows
from awaitlens.program.modules import FileFacts, Imported, class_of_self, qualname
from awaitlens.program.narrowing import NOTHING_HELD, held, narrowed, narrowed_at
from awaitlens.program.reaching import inside_of, position_of, reaching_at
from awaitlens.program.values import (
    NOT_KNOWN,
    UNDESCRIBED,
    Class,
    Description,
    External,
    Function,
    Inferred,
    Instance,
    Module,
    Value,
    join,
)
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.oracle import Answer
    from awaitlens.program.program import Program

_BUILTINS = frozenset(dir(builtins))


class Names:
    """Answers what terms stand for."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.memory = Memory()
        self.hints: dict[tuple[str, str], dict[int, Answer]] = {}

    def carry_over(self, path: str, old: Facts, new: Facts, changed: frozenset[int]) -> None:
        """Keep what is known of a block's terms through an edit that changes those calls and no name (`changed_calls`)."""
        if not self.hints and same_constructs(old, new):
            flows_hold = old.flows is new.flows and old.bindings is new.bindings
            self.memory.carry_over(
                path,
                old,
                new,
                lambda key: flows_hold if isinstance(key, OfFlows) else _is_about_terms(key, changed),
            )

    def infer(
        self, term: Term, file: FileFacts, facts: Facts, scope: int, at: Span | None = None
    ) -> Inferred:
        """The value of a term read in a scope; `at` is where, when it matters which of several bindings holds."""
        if isinstance(term, Result):
            return self._call(term, file, facts)
        if isinstance(term, Name):
            return self._name(term.id, file, facts, scope, at)
        if isinstance(term, Attribute):
            return members.attribute(self, self.infer(term.value, file, facts, scope, at), term.attr)
        return self._rest(term, file, facts, scope, at)

    def _rest(self, term: Term, file: FileFacts, facts: Facts, scope: int, at: Span | None) -> Inferred:
        if isinstance(term, Awaited):
            return consumption.awaited(self.infer(term.value, file, facts, scope, at))
        if isinstance(term, Constant):
            return Inferred(Instance(Class(type(term.value).__name__)))
        if isinstance(term, Lambda):
            return self._definition(term, file, facts)
        if isinstance(term, Either):
            return join([self.infer(option, file, facts, scope, at) for option in term.options])
        if isinstance(term, Entered):
            return consumption.entered(self, self.infer(term.value, file, facts, scope, at), term.is_async)
        if isinstance(term, (Iterated, Item)):
            found = consumption.element(self, self.infer(term.value, file, facts, scope, at), term)
            if found or isinstance(term, Iterated):
                return found
            return declared.alias(self, term, file, facts, scope)
        if isinstance(term, Unpacked):
            return consumption.unpacked(self, self.infer(term.value, file, facts, scope, at), term.position)
        if isinstance(term, Display):
            return self._container(term.kind, term.elements, file, facts, scope, at)
        if isinstance(term, Comprehension):
            kind = "types.GeneratorType" if term.kind == "generator" else term.kind
            return self._container(
                kind, (term.element,), file, facts, scope, inside_of(term, facts, scope, at)
            )
        if isinstance(term, Starred):
            return NOT_KNOWN
        if isinstance(term, Other) and term.kind == "Div":
            return consumption.divided(self.infer(term.parts[0], file, facts, scope, at))
        if isinstance(term, Other) and term.kind == "BitOr":
            return declared.alias(self, term, file, facts, scope)
        if isinstance(term, Other) and term.kind in ("JoinedStr", "Not"):
            return Inferred(Instance(Class("str" if term.kind == "JoinedStr" else "bool")))
        return NOT_KNOWN

    def _container(
        self,
        kind: str,
        elements: tuple[Term, ...],
        file: FileFacts,
        facts: Facts,
        scope: int,
        at: Span | None,
    ) -> Inferred:
        found = [self.infer(element, file, facts, scope, at) for element in elements[:8]]
        if kind == "tuple":
            return Inferred(Instance(Class(kind), tuple(item.value for item in found)))
        inner = join(found) if found else NOT_KNOWN
        return Inferred(Instance(Class(kind), (inner.value,) if inner else ()))

    # --- calls ---------------------------------------------------------------------------------------------

    def _call(self, term: Result, file: FileFacts, facts: Facts) -> Inferred:
        return self.memory.about_block(
            file.path, facts, term.call, lambda: self._called(term.call, file, facts), NOT_KNOWN
        )

    def _called(self, number: int, file: FileFacts, facts: Facts) -> Inferred:
        callee = self.callee(number, file, facts)
        call = facts.calls[number]
        passed = containers.passed_on(self, callee, call, file, facts)
        return passed or results.called(self, callee, call, file, facts)

    def callee(self, number: int, file: FileFacts, facts: Facts) -> Inferred:
        """What call number `number` calls."""
        return self.memory.about_block(
            file.path, facts, ~number, lambda: self._callee(number, file, facts), NOT_KNOWN
        )

    def _callee(self, number: int, file: FileFacts, facts: Facts) -> Inferred:
        call = facts.calls[number]
        return self.infer(call.callee, file, facts, call.scope, call.span) or self.hint(number, file, facts)

    def hint(self, number: int, file: FileFacts, facts: Facts) -> Inferred:
        """What the oracle said of a callee that the text does not tell: the program's own function, or another's."""
        told = self.hints.get((file.path, facts.text), {}).get(number) if self.hints else None
        if told is None:
            return NOT_KNOWN
        own = self.program.files.get(told.path)
        name = told.name.removeprefix(own.module + ".") if own else ""
        definition = own.definitions.get(name) if own else None
        if own is None or definition is None:
            return external(told.name).because_of("likely")
        found = self._definition(Lambda(definition.scope), own, own.facts(definition.block))
        return found.because_of("likely")

    # --- names ---------------------------------------------------------------------------------------------

    def _name(self, name: str, file: FileFacts, facts: Facts, scope: int, at: Span | None) -> Inferred:
        number = scope
        while number >= 0:
            here = facts.scopes[number]
            if name in here.global_names:
                return self.global_name(name, file)
            if here.kind == "module" or (here.kind == "class" and number != scope):
                number = here.parent
                continue
            found = self._local(name, file, facts, number, at if number == scope else None)
            if found is not None:
                return found
            number = here.parent
        beside = self._beside(name, file, facts) if facts.scopes[scope].kind == "class" else NOT_KNOWN
        return beside or self.global_name(name, file)

    def _beside(self, name: str, file: FileFacts, facts: Facts) -> Inferred:
        """A name that a statement of a class reads, as another statement of the class has bound it."""
        bound = file.members.get(".".join(facts.owner), {}).get(name, ()) if facts.owner else ()
        if not bound or file.facts(bound[-1].block) is facts:
            return NOT_KNOWN
        return self.bound(bound[-1].binding, file, file.facts(bound[-1].block))

    def _local(
        self, name: str, file: FileFacts, facts: Facts, scope: int, at: Span | None
    ) -> Inferred | None:
        """The value of a name that is bound in this very scope; None if it is not."""
        here = self.memory.about_block(file.path, facts, "bindings", lambda: held(facts), NOTHING_HELD)
        found = self._unnarrowed(name, here.bindings.get((scope, name), ()), file, facts, scope, at)
        if found is None or at is None or not here.narrowings:
            return found
        test = narrowed_at(facts, here.narrowings, scope, name, at)
        return found if test is None else narrowed(self, found, test, file, facts, scope)

    def _unnarrowed(
        self,
        name: str,
        bindings: Sequence[Binding],
        file: FileFacts,
        facts: Facts,
        scope: int,
        at: Span | None,
    ) -> Inferred | None:
        position = position_of(name, facts.scopes[scope])
        if not bindings:
            return self._parameter(position, file, facts, scope) if position >= 0 else None
        reaching, surely = reaching_at(bindings, facts, at, position >= 0)
        key = (scope, name, tuple(binding.span for binding in reaching), surely)
        first = position if position >= 0 and not surely else -1
        return self.memory.about_block(
            file.path, facts, key, lambda: self._either(first, reaching, file, facts, scope), NOT_KNOWN
        )

    def _either(
        self, position: int, bindings: Sequence[Binding], file: FileFacts, facts: Facts, scope: int
    ) -> Inferred:
        """What a local name may hold: one of its bindings, or (unless `position` is -1) what was passed in."""
        passed = [self._parameter(position, file, facts, scope)] if position >= 0 else []
        return join(passed + [self.bound(binding, file, facts) for binding in bindings])

    def _parameter(self, position: int, file: FileFacts, facts: Facts, scope: int) -> Inferred:
        here = facts.scopes[scope]
        parameter = here.parameters[position]
        if parameter.annotation is not None:
            outer = max(here.parent, 0)
            found = declared.read(self, parameter.annotation, file, facts, outer).because_of("likely")
            return declared.gathered(found, parameter.kind)
        if position == 0 and here.parent >= 0 and facts.scopes[here.parent].kind == "class":
            owner = class_of_self(facts, scope, parameter.name)
            return self._receiver(owner, file, facts, scope)
        return injected.passed_in(self, parameter.default, file, facts, max(here.parent, 0))

    def _receiver(self, owner: str, file: FileFacts, facts: Facts, scope: int) -> Inferred:
        cls = Class(f"{file.module}.{owner}", file.path, owner)
        kinds = {d.id for d in facts.scopes[scope].decorators if isinstance(d, Name)}
        if "staticmethod" in kinds:
            return NOT_KNOWN
        return Inferred(
            cls if "classmethod" in kinds or facts.scopes[scope].name == "__new__" else Instance(cls)
        )

    def bound(
        self, binding: Binding, file: FileFacts, facts: Facts, receiver: Value | None = None
    ) -> Inferred:
        """What one binding gives its name; that of a class as seen through `receiver`."""
        if binding.kind == "import":
            found = [
                i
                for i in file.imports.get(binding.name, ())
                if i.item.span == binding.span and file.facts(i.block) is facts
            ]
            return self.imported(found[0], file) if found else NOT_KNOWN
        if binding.annotation is not None:
            noted = declared.read(self, binding.annotation, file, facts, binding.scope, receiver)
            if noted:
                return noted.because_of("likely")
        if binding.kind in ("augmented", "except", "match"):
            return NOT_KNOWN
        return self.infer(binding.value, file, facts, binding.scope, binding.span)

    def global_name(self, name: str, file: FileFacts) -> Inferred:
        """A module's name as its own code, or an importer, sees it."""
        return self.memory.about_names((file.path, name), lambda: self._global(name, file), NOT_KNOWN)

    def _global(self, name: str, file: FileFacts) -> Inferred:
        bound = file.globals.get(name)
        if bound:
            return self._agree([self.bound(m.binding, file, file.facts(m.block)) for m in bound[:6]])
        for star in file.imports.get("*", ()):
            found = self._through_star(star, name, file)
            if found:
                return found
        if name in _BUILTINS and "*" not in file.imports:
            return Inferred(External(name))
        return NOT_KNOWN

    @staticmethod
    def _agree(found: list[Inferred]) -> Inferred:
        """Several bindings of a module's name, as in try/except ImportError: one value, or the first import."""
        joined = join(found)
        if joined or len(found) == 1:
            return joined
        for candidate in found:
            if candidate and isinstance(candidate.value, (Module, Class, Function, External)):
                return candidate.because_of("likely")
        return NOT_KNOWN

    def _through_star(self, star: Imported, name: str, file: FileFacts) -> Inferred:
        path = self.program.find_module(star.item.module, star.item.level, file)
        other = self.program.files.get(path) if path else None
        if other is None or other is file:
            return NOT_KNOWN
        found = self.global_name(name, other)
        return NOT_KNOWN if isinstance(found.value, External) and found.value.name in _BUILTINS else found

    def imported(self, imported: Imported, file: FileFacts) -> Inferred:
        """What an import binds."""
        item = imported.item
        path = self.program.find_module(item.module, item.level, file)
        if not item.symbol:
            bound_to_root = "." in item.module and item.name == item.module.partition(".")[0]
            module = item.name if bound_to_root else item.module
            return Inferred(Module(canonical(module), self.program.find_module(module, 0, file) or ""))
        if path is None:
            if item.level:
                return NOT_KNOWN
            return external(f"{item.module}.{item.symbol}")
        return self.module_member(Module(self.program.files[path].module, path), item.symbol)

    def module_member(self, module: Module, name: str) -> Inferred:
        """`module.name` for a module of the program or outside it."""
        if not module.path:
            return external(f"{module.name}.{name}")
        file = self.program.files.get(module.path)
        if file is None:
            return NOT_KNOWN
        if name in file.globals or "*" in file.imports:
            found = self.global_name(name, file)
            if found:
                return found
        path = self.program.find_submodule(file, name)
        return Inferred(Module(self.program.files[path].module, path)) if path else NOT_KNOWN

    def described(self, name: str) -> Description:
        """What the source of an installed package tells of a name that no table lists."""
        packages = self.program.packages
        if packages is None or "." not in name or coroutines.is_listed(name):
            return UNDESCRIBED
        return packages.describe(name)

    # --- definitions ---------------------------------------------------------------------------------------

    def _definition(self, term: Lambda, file: FileFacts, facts: Facts) -> Inferred:
        scope = facts.scopes[term.scope]
        name = qualname(facts, scope)
        dotted = f"{file.module}.{name}"
        if scope.kind == "class":
            return Inferred(Class(dotted, file.path, name))
        return results.decorated(self, Function(dotted, file.path, name), file, facts, scope)


def _is_about_terms(key: Hashable, changed: frozenset[int]) -> bool:
    """Whether an answer is about a name of the block, or about one of its calls that has not changed."""
    if isinstance(key, int):
        return (key if key >= 0 else ~key) not in changed
    return isinstance(key, tuple) or key == "bindings"


def external(name: str) -> Inferred:
    """Something outside the program by its dotted name: an object of a known class, or whatever it is."""
    known = types.attribute(name)
    return Inferred(Instance(Class(known)) if known else External(canonical(name)))
