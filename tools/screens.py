"""Write what people see on a terminal of 80 and of 120 columns: files, plans, results, progress and every refusal.

`python -m tools.screens FOLDER` runs the command line on real pseudo-terminals and writes a text file for each screen.
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from crmcore.sample import activities_file, leads_file
from tools.pseudo_terminal import on_terminal

__all__ = ["SCREENS", "screens"]

WIDTHS = (80, 120)
_STORE = "--store crm.db"
#: The name of each screen, and its lines; what is typed stands behind `<`. They run in this order, in one folder.
SCREENS = {
    "help": ("--help",),
    "help-switch": ("switch --help",),
    "inspect": ("inspect leads.csv activities.csv",),
    "inspect-refused": ("inspect foreign.csv", "inspect nowhere.csv", "inspect empty.csv"),
    "preview-file": ("switch leads.csv --activities activities.csv --client both --preview --plan plan.csv",),
    "preview-matched": ("switch mixed.csv --match email --preview",),
    "switch-file": ("switch leads.csv --activities activities.csv --client both --out result",),
    "inspect-lists": ("inspect own.csv --stages stages.json --pipelines pipelines.json",),
    "preview-pipeline": (
        "switch own.csv --stages stages.json --pipelines pipelines.json --pipeline Partners --preview",
        "switch own.csv --stages stages.json --pipeline Partners",
    ),
    "wrong-files": tuple(
        f"switch {name}" for name in ("deals.csv", "contacts.csv", "stages.json", "page.json", "title.csv", "bars.csv")
    ),
    "switch-bad-rows": ("switch bad.csv", "switch bad.csv --skip-bad-rows --preview"),
    "wrong-calls": (
        "switch",
        "switch leads.csv activities.csv",
        "switch leads.csv --clients both",
        "swicth leads.csv",
        "switch leads.csv --store crm.db",
        "switch leads.csv --plan plan.csv",
        "switch leads.csv --preview --plan leads.csv",
        "switch leads.csv --out leads.csv",
        "switch leads.csv --yes",
        "status --store nowhere.db",
        "status --store postgresql:/host",
    ),
    "audit": ("audit result", "audit leads.csv"),
    "init-import": (f"init {_STORE} --mode classic", f"import leads.csv --activities activities.csv {_STORE}"),
    "import-again": (f"import leads.csv {_STORE}",),
    "settings-and-lists": (
        f"settings {_STORE}", f"stages list {_STORE}", f"pipelines list {_STORE}", f"role list {_STORE}",
        f"plan show {_STORE}", f"doctor {_STORE}",
    ),
    "status-before": (f"status {_STORE}", f"switches {_STORE}", f"result {_STORE}"),
    "ask-no": (f"switch {_STORE} < no",),
    "blocked": ("! damage", f"switch {_STORE} --yes", f"status {_STORE}"),
    "blocked-ended": (f"lead delete 120 {_STORE}", f"retry {_STORE}"),
    "switch-again": (f"switch {_STORE} --yes", f"status {_STORE}"),
    "result": (f"result {_STORE} --out company.csv", f"switches {_STORE}"),
    "to-classic-ask-yes": (f"to-classic {_STORE}", f"import mixed.csv {_STORE}", f"switch {_STORE} < yes"),
    "export": (f"export {_STORE} --out exported",),
    "refused": (
        f"switch {_STORE} --actor 9 --yes", f"resume {_STORE}", f"cancel {_STORE}", f"result nothing {_STORE}",
        f"switch {_STORE} --pipeline 7 --preview", f"import leads.csv {_STORE} --actor 9", f"lead close 101 {_STORE}",
        f"import result/crm.json --language it {_STORE}",
    ),
    "refusals": ("! refusals",),
    "progress": ("! progress", "switch leads.csv"),
}  # fmt: skip

#: What runs at the other end: it marks each screen, and does what no command line does.
_CHILD = """
import json, sqlite3, sys, time
from crmcore.adapters.cli import main
from crmcore.adapters.cli.terminal import progress
def special(word):
    if word == "damage":
        connection = sqlite3.connect("crm.db")
        with connection:
            connection.execute("UPDATE crm_lead SET contact_points = '{' WHERE id = 120")
        connection.close()
    elif word == "progress":
        bar = progress.Bar(progress.Console(stderr=True), iter([0.0, *[9.0] * 99]).__next__)
        with bar:
            pace = "Converting, 1,234 leads a second, 0:01:12 left"
            for what, done, total in (("Reading", 0, None), (pace, 41000, 130000)):
                bar.show(what, done, total)
                time.sleep(0.3)
    else:
        from crmcore.adapters.cli.terminal.shown import Terminal
        from crmcore.adapters.cli.work.documents import Switch
        from crmcore.adapters.cli.work.endings import refused_report
        from crmcore.domain.model.ids import Kind, Ref
        from crmcore.domain.model.outcomes import Reason, Refused
        for reason in Reason:
            Terminal().end(refused_report(Switch(), Refused(reason, Ref(Kind.LEAD, 101))), as_json=False)
for name, lines in json.loads(sys.argv[1]).items():
    print(f"\\x00{name}", flush=True)
    for line in lines:
        print(f"$ crmcore {line}" if line[0] != "!" else "", flush=True)
        words = line.partition(" < ")[0].split()
        code = special(words[1]) if words[0] == "!" else main(words)
        if words[0] != "!":
            print(f"exit {code}\\n", flush=True)
"""
#: What a terminal obeys and does not show.
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_FILES = {
    "foreign.csv": "ID;TITOLO;FASE;NOME\n1;Sedie;Nuovo;Anna\n",
    "empty.csv": "",
    "own.csv": "ID;Lead name;Stage\n1;Ten desks;Call again\n2;Two lamps;Lost\n",
    "stages.json": json.dumps({"result": [
        {"ENTITY_ID": "STATUS", "STATUS_ID": "UC_1", "NAME": "Call again", "SEMANTICS": None},
        {"ENTITY_ID": "STATUS", "STATUS_ID": "UC_2", "NAME": "Lost", "SEMANTICS": "F"},
        {"ENTITY_ID": "DEAL_STAGE_5", "STATUS_ID": "C5:NEW", "NAME": "New", "SEMANTICS": None},
    ]}),
    "pipelines.json": '{"result": {"categories": [{"id": 5, "name": "Partners", "entityTypeId": 2}]}}',
    "deals.csv": "ID;Deal name;Deal stage;Pipeline\n1;Ten desks;Won;General\n",
    "contacts.csv": "ID;First name;Last name;Contact type\n1;Ann;Sample;Client\n",
    "page.json": '{"result": [{"ID": "1", "TITLE": "Ten desks"}], "total": 120, "next": 50}',
    "title.csv": "Leads of January\n\nID;Lead name;Stage\n1;Ten desks;Unassigned\n",
    "bars.csv": "ID|Lead name|Stage\n1|Ten desks|Unassigned\n",
    "bad.csv": (
        "ID;TITLE;STATUS_ID;OPPORTUNITY\n1;good;NEW;5\nx;no id;NEW;5\n3;no stage;NOWHERE;5\n4;no amount;NEW;much\n"
    ),
    "mixed.csv": (
        "ID;TITLE;STATUS_ID;NAME;EMAIL_WORK;OPPORTUNITY;CURRENCY_ID\n"
        "501;First of two;NEW;Ann;ann@example.com;12.50;EUR\n"
        "502;A title that is much longer than any table on a terminal can show in one of its columns;NEW;"
        "Konstantinos-Alexandros Papadopoulos-Georgiadis;ann@example.com;1234567890123.45;EUR\n"
    ),
}  # fmt: skip


def screens(width: int) -> dict[str, str]:
    """What stands on a terminal of this width, by the name of the screen."""
    with TemporaryDirectory() as folder:
        for name, text in _FILES.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        (Path(folder) / "leads.csv").write_bytes(leads_file().read_bytes())
        (Path(folder) / "activities.csv").write_bytes(activities_file().read_bytes())
        seen = _seen(width, folder)
    parts = seen.replace("\r\n", "\n").split("\x00")[1:]
    return {name: _plain(text) for name, _, text in (part.partition("\n") for part in parts)}


def _plain(text: str) -> str:
    """Without colours; of a line that was drawn again and again, each state."""
    return "\n".join(line.rstrip() for line in _CONTROLS.sub("", text).replace("\r", "\n").split("\n")).strip() + "\n"


def _seen(width: int, folder: str) -> str:
    answers = "".join(f"{line.partition(' < ')[2]}\n" for lines in SCREENS.values() for line in lines if " < " in line)
    words = [sys.executable, "-c", _CHILD, json.dumps(SCREENS)]
    code, seen = on_terminal(words, columns=width, typed=answers.encode(), folder=Path(folder))
    if code:
        raise SystemExit(seen.decode(errors="replace"))
    return seen.decode()


def main() -> None:
    folder = Path(sys.argv[1])
    for width in WIDTHS:
        for name, text in screens(width).items():
            path = folder / str(width) / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
