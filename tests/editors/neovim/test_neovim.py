"""What a user of Neovim does and sees, one scenario each, in the real editor with the real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.editors.neovim.conftest import Open
from tests.editors.neovim.driver import ROOT, Neovim

Keep = Callable[[Neovim, str], None]
SLEEP = "time.sleep(0.01)"


def test_findings_at_the_right_words(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.sees("■ time.sleep blocks the event loop: while notify() sleeps")


def test_a_slide_of_the_talk(neovim: Open, workspace: Path) -> None:
    talk = workspace / "slide_14.py"
    talk.write_text((ROOT / "examples/talk/slide_14.py").read_text("utf-8"), "utf-8")
    editor = neovim("slide_14.py")
    editor.until(lambda: bool(editor.lua("return #vim.diagnostic.get(0)")), "a finding")


def test_an_emoji_before_the_finding(neovim: Open) -> None:
    neovim("emoji.py").finds("time.sleep(1)")


def test_hover_explains(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to(SLEEP)
    editor.press("K")
    editor.sees("Never block the loop")


def test_the_repair_is_chosen_and_saved(neovim: Open, keep_screen: Keep) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to(SLEEP)
    editor.type("gra")
    editor.sees("Code actions:")
    keep_screen(editor, "code_actions")
    line = next(line for line in editor.screen().splitlines() if line.startswith("1:"))
    assert "asyncio.sleep" in line, "the repair comes first"
    editor.choose("asyncio.sleep")
    editor.finds()
    editor.command("write")
    editor.until(lambda: "    await asyncio.sleep(0.01)" in editor.saved("notify.py"), "the file saved")


def test_what_is_safe_is_repaired_when_the_file_is_saved(neovim: Open, workspace: Path) -> None:
    unused = "import time\n\n\nasync def go():\n    time.sleep(1)\n    print(1)  # awaitlens: ignore[blocking-sleep]\n"
    (workspace / "onsave.py").write_text(unused)
    editor = neovim("onsave.py")
    editor.finds("time.sleep(1)", "# awaitlens: ignore[blocking-sleep]")
    editor.lua("require('awaitlens').fix_on_save()")
    editor.type("Onumber = 1")
    editor.command("write")
    editor.until(lambda: editor.saved("onsave.py").endswith("    print(1)\n"), "the suppression gone")
    editor.finds("time.sleep(1)")
    assert not editor.lua("return vim.bo.modified")


def test_ignore_on_this_line(neovim: Open) -> None:
    editor = neovim("broken.py")
    editor.finds("time.sleep(1)", "time.sleep(3)")
    editor.go_to("time.sleep(1)")
    editor.type("gra")
    editor.choose("Ignore blocking-sleep on this line")
    editor.finds("time.sleep(3)")
    assert "# awaitlens: ignore[blocking-sleep]" in editor.text()


def test_a_pitfall_is_seen_when_it_is_typed(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to('print(f"Hello')
    editor.type("otime.sleep(2)")
    editor.finds(SLEEP, "time.sleep(2)")
    editor.press("Escape")
    editor.sees("time.sleep(2)")


def test_half_typed_code_keeps_the_findings_in_place(neovim: Open) -> None:
    editor = neovim("broken.py")
    editor.finds("time.sleep(1)", "time.sleep(3)")
    editor.lua(
        "_G.others = {}; vim.api.nvim_create_autocmd('DiagnosticChanged', { callback = function()"
        " local now = (function() " + FINDINGS_HERE + " end)()"
        " if now ~= 'time.sleep(1) time.sleep(3)' then table.insert(_G.others, now) end end })"
    )
    editor.go_to("pass")
    editor.press("o")
    for character in "total = [0 and (x. 'a":
        editor.type(character)
        editor.until(lambda: not editor.lua(UNSENT), "the text sent")
    editor.press("Escape")
    editor.finds("time.sleep(1)", "time.sleep(3)")
    assert editor.lua("return _G.others") == []


FINDINGS_HERE = """
local words = vim.tbl_map(function(d)
  return vim.api.nvim_buf_get_text(0, d.lnum, d.col, d.end_lnum, d.end_col, {})[1]
end, vim.diagnostic.get(0))
table.sort(words)
return table.concat(words, ' ')
"""
UNSENT = "return next(vim.lsp.get_clients()[1].requests) ~= nil"


def test_breaking_a_helper_is_seen_in_the_file_that_calls_it(neovim: Open) -> None:
    editor = neovim("views.py")
    editor.until(lambda: bool(editor.lua("return #vim.lsp.get_clients()")), "a server")
    editor.command("split helpers.py")
    editor.sees("return order")
    editor.type("ggIasync ")
    editor.press("Escape")
    editor.command("write")
    editor.press("C-w", "j")
    editor.finds("helpers.save(order)")
    editor.press("C-w", "k")
    editor.type("gg06x")
    editor.command("write")
    editor.press("C-w", "j")
    editor.finds()


def test_hints_are_on_and_can_be_switched_off(neovim: Open, keep_screen: Keep) -> None:
    editor = neovim("race.py")
    editor.sees("others may run here")
    keep_screen(editor, "hints")
    editor.command("lua vim.lsp.inlay_hint.enable(false)")
    editor.sees_not("others may run here")
    editor.command("lua vim.lsp.inlay_hint.enable(true)")
    editor.sees("others may run here")


def test_settings_count_without_a_restart(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.lua("require('awaitlens').configure({ ignore = { 'blocking-sleep' } })")
    editor.finds()
    editor.lua("require('awaitlens').configure({ ignore = { 'busy-wait' } })")
    editor.finds(SLEEP)


def test_a_pyproject_counts_when_it_is_written(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.command("split pyproject.toml")
    editor.sees("[project]")
    editor.type("Go[tool.awaitlens]\nignore = ['blocking-sleep']")
    editor.command("write")
    editor.press("C-w", "j")
    editor.finds()


def test_slides_step_by_step(neovim: Open, keep_screen: Keep) -> None:
    editor = neovim("race.py")
    editor.finds('stats["alive"] = alive + 1')
    editor.go_to('stats["alive"] = alive + 1')
    editor.command("AwaitLens slides")
    editor.sees("The code as it is")
    keep_screen(editor, "slides_first")
    editor.type("nnn")
    editor.sees("What happens, step 3 of 6")
    keep_screen(editor, "slides_third")
    editor.press("Left")
    editor.sees("What happens, step 2 of 6")
    editor.press("Enter")
    editor.until(lambda: editor.lua("return vim.fn.expand('%:t')") == "race.py", "the code")
    assert editor.lua("return vim.api.nvim_get_current_line()").strip().startswith("response = await")
    editor.press("C-w", "p")
    editor.type("q")
    editor.sees_not("What happens")
    assert editor.lua("return #vim.lsp.get_clients()") == 1


def test_slides_from_the_menu_and_from_beside_the_finding(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to(SLEEP)
    editor.type("gra")
    editor.choose("Show slides about blocking-sleep")
    editor.sees("The code as it is")
    editor.type("q")
    editor.sees_not("The code as it is")
    editor.type("0")
    editor.command("AwaitLens")
    editor.sees("The code as it is")


def test_slides_where_nothing_is_found(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.type("gg")
    editor.command("AwaitLens slides")
    editor.sees("there is no finding here")


@pytest.mark.parametrize("way", ["command", "menu"])
def test_a_race_is_proved_by_a_program_that_runs(neovim: Open, keep_screen: Keep, way: str) -> None:
    editor = neovim("race.py")
    editor.finds('stats["alive"] = alive + 1')
    editor.go_to('stats["alive"] = alive + 1')
    if way == "command":
        editor.command("AwaitLens prove")
    else:
        editor.type("gra")
        editor.choose("Prove it")
    editor.until(lambda: editor.text().rstrip().endswith("main()"), "the proof in a buffer")
    assert editor.lua("return vim.bo.filetype") == "python"
    keep_screen(editor, f"proof_from_{way}")
    ran = subprocess.run([sys.executable, "-I", "-"], input=editor.text(), capture_output=True, text=True)
    assert "PROVED: no order" in ran.stderr, ran


def test_nothing_to_prove(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to(SLEEP)
    editor.command("AwaitLens prove")
    editor.sees("nothing to prove")


def test_explain(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.go_to(SLEEP)
    editor.command("AwaitLens explain")
    editor.sees("time.sleep stops the whole event loop")
    editor.type("q")
    editor.command("AwaitLens explain stale-write-after-await")
    editor.sees("A value read before an await")
    names = editor.lua("return vim.fn.getcompletion('AwaitLens explain blocking-s', 'cmdline')")
    assert "blocking-sleep" in names


def test_log(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.command("AwaitLens log")
    editor.until(lambda: editor.lua("return vim.fn.expand('%:t')") == "lsp.log", "the log")


def test_a_killed_server_can_be_started_again(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    (process,) = editor.server_processes()
    os.kill(process, signal.SIGKILL)
    editor.sees("quit with exit code")
    editor.press("Enter")
    editor.until(lambda: editor.lua("return #vim.lsp.get_clients()") == 0, "the server gone")
    editor.go_to('print(f"Hello')
    editor.type("otime.sleep(2)")
    editor.command("AwaitLens restart")
    editor.finds(SLEEP, "time.sleep(2)")


def test_a_running_server_is_replaced(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    before = editor.server_processes()
    editor.command("AwaitLens restart")
    editor.until(lambda: not set(before) & set(editor.server_processes()), "the old server gone")
    editor.until(lambda: len(editor.server_processes()) == 1, "a new server")
    editor.finds(SLEEP)


def test_health(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.finds(SLEEP)
    editor.command("checkhealth awaitlens")
    editor.sees("Server 1 serves")
    assert "ERROR" not in editor.text(), editor.text()
    assert "awaitlens 0." in editor.text()


def test_help(neovim: Open) -> None:
    editor = neovim("notify.py")
    editor.lua("vim.cmd.helptags(vim.fn.stdpath('data') .. '/site/pack/editors/start/awaitlens/doc')")
    editor.command("help awaitlens-slides")
    editor.sees("A deck walks through your own code")


def test_by_a_path_to_the_folder(neovim: Open) -> None:
    editor = neovim("notify.py", as_path=True)
    editor.finds(SLEEP)
    editor.command("AwaitLens explain blocking-sleep")
    editor.sees("time.sleep stops the whole event loop")


@pytest.mark.parametrize("lines", [20, 10_000])
def test_time_from_keypress_to_diagnostic(neovim: Open, workspace: Path, screens: Path, lines: int) -> None:
    """Recorded, not judged: a busy machine is slow. Neovim itself waits 150 ms before it sends what was typed."""
    functions = "".join(
        f"\n\nasync def f{n}(x):\n    await x.get({n})\n    return x\n" for n in range(lines // 5)
    )
    (workspace / "long.py").write_text(f"import time\n{functions}\n\nasync def last(x):\n    x()\n")
    editor = neovim("long.py")
    editor.until(lambda: bool(editor.lua("return #vim.lsp.get_clients({ bufnr = 0 })")), "a server")
    times = []
    editor.type("G")
    for count in range(1, 8):
        editor.type("otime.sleep(1")
        editor.until(lambda: not editor.lua(UNSENT), "the text sent")
        editor.type(")")
        editor.finds(*["time.sleep(1)"] * count)
        times.append(editor.lua("return _G.milliseconds"))
        editor.press("Escape")
    with (screens / "times.txt").open("a") as record:
        rounded = ", ".join(f"{each:.0f}" for each in times)
        record.write(f"{lines} lines, keypress to diagnostic, milliseconds: {rounded}\n")
