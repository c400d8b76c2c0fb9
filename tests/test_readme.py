"""The first screen of README.md: a program that type-checks and runs as it stands, and the two commands."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

#: Lines of a tall window.
SCREEN = 45


def test_the_first_screen_ends_with_the_two_commands() -> None:
    """What it is, a program and the two commands are seen without scrolling."""
    screen = "\n".join(README.splitlines()[:SCREEN])
    assert PROGRAMS[0] in screen
    assert "\nmake demo " in screen
    assert "\nmake test " in screen


def test_the_programs_pass_the_strict_type_checker(tmp_path: Path) -> None:
    """A reader may copy them into a project that checks types; the second continues the first."""
    program = tmp_path / "program.py"
    program.write_text("\n".join(PROGRAMS), encoding="utf-8")
    checked = _run("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(program))
    assert checked == "Success: no issues found in 1 source file\n"
    assert _run("-m", "ruff", "check", "--isolated", "--select=F", str(program)) == "All checks passed!\n"


def test_the_first_program_prints_what_the_text_says(tmp_path: Path) -> None:
    """Copied into a file of its own it runs, and its output stands below it."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[0], encoding="utf-8")
    printed = _run(str(program))
    assert f"It prints `{printed.strip()}`" in README


def _run(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False).stdout
