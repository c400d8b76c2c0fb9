"""What a terminal gets, seen from the other end of a pseudo-terminal: text that others wrote never speaks to it."""

import json
import re
import sys
from pathlib import Path

import pytest

terminals = pytest.importorskip("tools.pseudo_terminal", reason="needs pseudo-terminals")

pytestmark = pytest.mark.slow  # starts an interpreter

#: A title, a colour by ESC and by C1, a line that turns: each with a name that is looked for.
CANARIES = ["\x1b]0;c4nary\x07", "\x9b31mc4nary", "\x1b[31mc4nary", "\u202ec4nary", "\rc4nary"]
#: Colours and the like, and how a bar shows and hides the cursor; all that we ourselves say to a terminal.
OWN = re.compile(rb"\x1b\[[0-9;]*[mKAG]|\x1b\[\?25[lh]")

CODE = """
import gc
gc.set_threshold(100_000)  # what loading makes lives on
import json, sys
from crmcore.adapters.cli import main
for words in json.loads(sys.argv[1]):
    print("code", main(words), file=sys.stderr)
gc.freeze()
"""


def _seen(lines: list[list[str]], folder: Path) -> bytes:
    """What stands on a terminal of 400 columns after these command lines."""
    words = [sys.executable, "-c", CODE, json.dumps(lines)]
    code, seen = terminals.on_terminal(words, columns=400, folder=folder, term="xterm-256color")
    assert code == 0
    return bytes(seen)


@pytest.mark.rule("CLI-3.1")
def test_no_word_heading_or_name_speaks_to_the_terminal(tmp_path: Path) -> None:
    """File names, headings, stores, portals, schemas, keys and options, refused or understood: shown as text."""
    lines: list[list[str]] = []
    for number, canary in enumerate(CANARIES):
        name = f"{canary}.csv"
        heading = canary.replace("\r", "\x1b")
        path = tmp_path / name
        path.write_text(f"ID;TITLE;STATUS_ID;{heading}\n1;a;NEW;x\n", encoding="utf-8", newline="")
        store = f"{number}{canary}.db"
        lines += [
            ["switch", name],
            ["switch", name, "--preview"],
            ["switch", name, "--out", f"out{canary}"],
            ["switch", f"no{canary}"],
            ["switch", name, f"--no{canary}"],
            ["switch", name, "--key", canary],
            ["switch", name, "--client", canary],
            ["switch", "--store", f"no{canary}"],
            [f"no{canary}"],
            ["audit", f"no{canary}"],
            ["init", "--store", store, "--mode", "classic"],
            ["import", name, "--store", store],
            ["status", "--store", store, "--portal", canary],
            ["status", "--store", store, "--schema", canary],
            ["role", "grant", "2", canary, "--store", store],
            ["switch", "--store", store, "--yes"],
            ["doctor", "--store", store],
            ["export", "--store", store, "--out", f"out{canary}"],
            ["export", "--store", store, "--out", name],
        ]
    seen = _seen(lines, tmp_path)
    assert seen.count(b"code 0") >= 7 * len(CANARIES)
    assert seen.count(b"code 2") >= 9 * len(CANARIES)
    left = OWN.sub(b"", seen).replace(b"\r\n", b"\n")
    assert not re.findall(rb"[\x00-\x08\x0b-\x1f\x7f]", left)
    for raw in ("\u009b", "\u202e"):
        assert raw.encode() not in left
    for shown in ("\\x1b]0;c4nary\\x07", "\\u009b31mc4nary", "\\x1b[31mc4nary", "\\u202ec4nary", "\\x0dc4nary"):
        assert shown.encode() in left
