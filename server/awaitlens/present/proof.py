"""A finding's proof as a script: a reduced program, and a scheduler that lets its two tasks run turn by turn.

The script is text for people to read and run. It imports the standard library alone and nothing of the checked program.
"""

from __future__ import annotations

from awaitlens.pitfall import Finding
from awaitlens.present.places import shown_path

_HEAD = '''"""{message}.

{place}, reduced to what matters: two tasks, the shared place, the awaits in between. Everything else that the tasks
work with is `mine`, the number of the task. Other tasks run wherever it says `await others()`.

{story}

Run this file: it plays these turns, then every other order, and fails when an outcome is one that the tasks cannot
have when they run one after the other. Repair the functions below until it does not.
"""

from itertools import product
from types import SimpleNamespace, coroutine

TURNS = {turns}


@coroutine
def others():
    """An await that waits: the scheduler decides who goes on."""
    yield


class Lock:
    """Lets one task in. Whoever finds it taken waits; nobody waits for a free one."""

    taken = False

    async def __aenter__(self):
        while self.taken:
            await others()
        self.taken = True

    async def __aexit__(self, *_):
        self.taken = False


def made_of(*parts):
    """A value made of others, told apart from every other."""
    return parts


# --- the program ---------------------------------------------------------------------------------

'''

_TAIL = '''

# --- the scheduler -------------------------------------------------------------------------------


def play(turns, tell=lambda *_: None):
    """Let the tasks go on in this order, then in turn to their end: what the place holds, how each task ended."""
    global LOCK
    LOCK = Lock()
    prepare()
    tasks = {number: task(number) for number, task in enumerate(TASKS, 1)}
    ended = {}
    for number in [*turns, *[1, 2] * 50]:
        if number not in tasks:
            continue
        try:
            tasks[number].send(None)
        except StopIteration as end:
            ended[number] = end.value
        except Exception as error:
            ended[number] = f"{type(error).__name__}: {error}"
        tell(f"task {number} {f'ends: {ended[number]}' if number in ended else 'waits'}", look())
        if number in ended:
            del tasks[number]
    for number, task in tasks.items():
        ended[number] = "waits forever"
        task.close()
    return str(look()), *(f"task {number}: {ended[number]}" for number in sorted(ended))


def main():
    alone = {play([1] * 50), play([2] * 50)}
    played = play(TURNS, lambda *what: print("{:<40} {}".format(*what)))
    print("One after the other they leave:", " or ".join(sorted(map(str, alone))))
    print("These turns leave:             ", played)
    assert played in alone, "PROVED: no order of one after the other has this outcome"
    for turns in product((1, 2), repeat=8):
        assert play(turns) in alone, f"the turns {turns} have an outcome of their own"
    print("Nothing is lost, whatever the order.")


main()
'''


def script(finding: Finding, path: str, folder: str) -> str | None:
    """The script that proves a finding; None where a finding has no schedule to show.

    `path` is the finding's file, `folder` the one that paths are shown relative to."""
    program, turns = finding.value("program"), finding.value("turns")
    if not program:
        return None
    place = f"{shown_path(path, folder)}, line {finding.span.line + 1}"
    story = "\n".join(f"    {step.lane}: {step.words}" for step in finding.trail)
    head = _HEAD.format(
        message=_in_docstring(finding.message),
        place=_in_docstring(place),
        story=_in_docstring(story),
        turns=f"({', '.join(turns)})",
    )
    return head + program + _TAIL


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")
