"""Small programs for races that need no explorer: who does what is known, only the names are the user's.

They are made of the same parts as the reductions of proofs: `prepare()`, `look()`, `TASKS`, and `others` between turns.
"""

from __future__ import annotations

from awaitlens.program.flow.reduction import Reduction

_PARTS = """def prepare():
    global shared
    shared = {initial}


{functions}


def look():
    return {look}


TASKS = ({tasks})
"""


def changed_while_iterated(function: str, iterated: str, other: str, change: str, kind: str) -> Reduction:
    """A loop over a container and a task that takes an element from it. `kind` is "dict", "list" or "set"."""
    initial = {"dict": '{"a": 1, "b": 2, "c": 3}', "list": '["a", "b", "c"]', "set": '{"a", "b", "c"}'}[kind]
    take = {"dict": 'shared.pop("a")', "list": "shared.pop(0)", "set": 'shared.remove("a")'}[kind]
    first, second = _names(function, other)
    functions = f'''async def {first}(mine):
    seen = []
    for element in shared:  # {_line(iterated)}
        await others()
        seen.append(element)
    return f"saw {{len(seen)}} of {{len(seen) + len(set(shared) - set(seen))}}"


async def {second}(mine):
    {take}  # {_line(change)}
    return "done"'''
    return _program(initial, functions, "sorted(shared)", f"{first}, {second}", "121")


def created_twice(function: str, question: str, creation: str) -> Reduction:
    """A table is asked whether it has a row, then given one."""
    name = _names(function, "")[0]
    functions = f'''async def {name}(mine):
    there = "row" in shared  # {_line(question)}
    await others()
    if there:
        return "turned away"
    shared.append("row")  # {_line(creation)}
    await others()
    return "done"'''
    return _program("[]", functions, "len(shared)", f"{name}, {name}", "1212")


def saved_from_a_copy(function: str, field: str, saving: str) -> Reduction:
    """A row is read, counted up in a copy, and the copy is saved."""
    name = _names(function, "")[0]
    functions = f'''async def {name}(mine):
    row = dict(shared)
    await others()
    row["{field}"] -= mine
    shared.update(row)  # {_line(saving)}
    await others()
    return "done"'''
    return _program(f'{{"{field}": 10}}', functions, f'shared["{field}"]', f"{name}, {name}", "1212")


def taken_back(kind: str, function: str, place: str, other: str) -> Reduction:
    """A function checks that something is there and waits; another takes it away. `kind` is "attribute", "item" or "container"."""
    first, second = _names(function, other)
    there, use, away, initial = {
        "attribute": ("shared.there", "shared.there.upper()", "shared.there = None", 'SimpleNamespace(there="it")'),
        "item": ('"it" in shared', 'shared["it"]', 'shared.pop("it", None)', '{"it": 1}'),
        "container": ("shared", "shared[0]", "shared.clear()", '["it"]'),
    }[kind]  # fmt: skip
    functions = f"""async def {first}(mine):
    if not {there if " " not in there else f"({there})"}:  # {_line(place)}
        return "turned away"
    await others()
    {use}
    return "done"


async def {second}(mine):
    {away}
    return "done\""""
    return _program(initial, functions, "str(shared)", f"{first}, {second}", "121")


def written_over(function: str, place: str) -> Reduction:
    """A call writes its own value to a shared place, waits, and reads it again."""
    name = _names(function, "")[0]
    functions = f"""async def {name}(mine):
    shared.value = mine  # {_line(place)}
    await others()
    return f"read what task {{shared.value}} wrote\""""
    return _program("SimpleNamespace(value=0)", functions, "'-'", f"{name}, {name}", "1212")


def read_for_each_other(function: str, asking: str, reading: str) -> Reduction:
    """Each task reads a stream until its own part has come, and puts away what is not its own."""
    name = _names(function, "")[0]
    functions = f"""async def {name}(mine):
    while mine not in shared.come:  # {_line(asking)}
        await others()  # {_line(reading)}
        if not shared.coming:
            return "waits for what has come already"
        shared.come.append(shared.coming.pop(0))
    return "done\""""
    initial = "SimpleNamespace(coming=[1, 2], come=[])"
    return _program(initial, functions, "sorted(shared.come)", f"{name}, {name}", "21212")


def written_by_two(function: str, saving: str) -> Reduction:
    """Two threads empty and fill one file; a turn of a task stands for what its thread does meanwhile."""
    name = _names(function, "")[0]
    functions = f'''async def {name}(mine):
    shared.clear()  # {_line(saving)}
    for part in ("first", "second"):
        shared.append(f"{{part}} half of {{mine}}")
        await others()
    return "done"'''
    return _program("[]", functions, "shared", f"{name}, {name}", "1212")


def filled_twice(function: str, waiting: str) -> Reduction:
    """A container is emptied, then, after an await, filled."""
    name = _names(function, "")[0]
    functions = f'''async def {name}(mine):
    shared.clear()
    await others()  # {_line(waiting)}
    shared.append(mine)
    return "done"'''
    return _program("[]", functions, "shared", f"{name}, {name}", "1212")


def _program(initial: str, functions: str, look: str, tasks: str, turns: str) -> Reduction:
    return Reduction(_PARTS.format(initial=initial, functions=functions, look=look, tasks=tasks), turns)


def _names(function: str, other: str) -> tuple[str, str]:
    """The two functions' names, told apart from each other."""
    return function, other + "_" if other == function else other


def _line(text: str) -> str:
    squeezed = " ".join(text.split())
    return squeezed if len(squeezed) <= 60 else squeezed[:57] + "..."
