"""Reports as tables, for people.

lines: one short function for each part of a report that people read, on the few that draw tables.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crmcore.adapters import missing_extra
from crmcore.adapters.bitrix24_csv.formats.seen import MEANT
from crmcore.adapters.cli.terminal.refusals import in_words
from crmcore.adapters.cli.work.document import Document, Fault, Result
from crmcore.adapters.cli.work.documents import Audit, OfFiles, PipelineRow, Switch, SwitchResult, json_row
from crmcore.adapters.cli.work.spec_documents import Spec
from crmcore.adapters.cli.work.visible import visible
from crmcore.domain.laws import Violation
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.stages import StageSemantics

try:
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console as RichConsole
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = [
    "Console",
    "bare_table",
    "escape",
    "numbers_table",
    "show_audit",
    "show_done",
    "show_end",
    "show_faults",
    "show_left",
    "show_left_out",
    "show_made_known",
    "show_pipelines",
    "show_spec",
    "show_table",
    "show_written",
]

#: How many leads, faults or rows of each kind are shown; `--json` has all of them.
_MOST = 12

#: How many lines with one and the same fault are named.
_LINES = 3

#: How narrow a column gets that gives way to others.
_LEAST_CELL = 8

_HEADLINES = {
    Result.SWITCHED: "[bold green]The CRM is Simple now.[/]",
    Result.NO_CHANGE: "[bold green]The CRM was already Simple.[/]",
    Result.PREVIEW: "[bold]What the switch would do; nothing was changed.[/]",
    Result.REFUSED: "[bold red]Refused; nothing was changed.[/]",
    Result.BAD_INPUT: "[bold red]Nothing was done.[/]",
    Result.BLOCKED: "[bold yellow]The switch is blocked: some leads were set aside, and the CRM is not Simple yet.[/]",
    Result.STORE_FAILED: "[bold red]The store failed or is busy; it is safe to run the same line again.[/]",
    Result.CANCELLED: "[bold green]The switch is cancelled; converted leads stay converted.[/]",
    Result.SWITCHING: "[bold]A switch is live; `crmcore resume` continues it.[/]",
    Result.NO_SWITCH: "[bold]No switch is live.[/]",
    Result.DONE: "[bold green]Done.[/]",
    Result.BROKEN: "[bold red]A law does not hold.[/]",
}


class Console(RichConsole):
    """Prints text that others wrote as text: a heading, a name or an option cannot speak to the terminal."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Every string on its way to the terminal, in a table too."""
        return super().render_str(visible(text), **{**how, "emoji": False})


def _chosen(policy: ModeSwitchPolicy) -> str:
    """A policy in the words of the options that ask for it."""
    activities = "" if policy.keep_activities else " --close-activities"
    return f"--client {policy.client} --pipeline {policy.pipeline}{activities}"


def show_end(console: Console, report: Document, said: str | None = None) -> None:
    """Show how a command ended, in the words `said` or those of its result, and what was wrong."""
    assert report.result is not None  # it has come to its end
    console.print(said or _HEADLINES[report.result])
    refused = report.refusal
    if refused is not None:
        subject = "" if refused.subject is None else f": {refused.subject.kind} {refused.subject.id}"
        words = in_words(refused.reason, refused.rule)
        console.print(escape(f"{refused.reason} (rule {refused.rule}){subject}: {words}"))
        if refused.policy is not None:
            console.print(escape(f"The switch of this key has {_chosen(refused.policy)}."))
    show_faults(console, "What is wrong", report.errors)


def show_made_known(console: Console, report: OfFiles) -> None:
    """Show what files brought that nobody had defined: fields, stages and pipelines."""
    if report.all_new:
        console.print("The file has no column for the stage: all of its leads count as new.")
    fields = [(own.heading, own.code, own.cells) for own in report.own_fields]
    if report.unlinked:
        count = f"{report.unlinked} active lead" + ("" if report.unlinked == 1 else "s")
        console.print(
            f"{count} read without the client that the file names: each gets a new client, although it may be a repeat "
            "lead (CONV-2)."
        )
    if fields:
        show_table(console, "Columns that became custom fields", ("column", "field", "cells"), fields, right=(2,))
    stages = [(stage.code, stage.name or "", MEANT[stage.semantics]) for stage in report.new_stages]
    if stages:
        show_table(console, "Stages that were not defined", ("stage", "name", "means"), stages)
    show_pipelines(console, "Pipelines that were not defined, or lacked stages", report.new_pipelines)


def show_pipelines(console: Console, title: str, pipelines: Sequence[PipelineRow]) -> None:
    """Show the pipelines of a list."""
    rows = [(each.id, each.name or "", each.stages) for each in pipelines]
    if rows:
        show_table(console, title, ("pipeline", "name", "stages"), rows, right=(0, 2))


def show_left(console: Console, report: OfFiles) -> None:
    """Show which columns of files were not used."""
    columns = [(heading, count) for heading, count in report.unplaced.items() if count]
    if columns:
        show_table(console, "Columns not imported", ("column", "filled cells"), columns, right=(1,))


def _show_numbers(console: Console, numbers: Mapping[str, int]) -> None:
    """Show which lead of ours stands for which id of another system."""
    if numbers:
        rows = [(theirs, id) for theirs, id in list(numbers.items())[:_MOST]]
        show_table(console, f"New ids: {len(numbers)}", ("id in the file", "lead"), rows, right=(1,))


def show_left_out(console: Console, report: OfFiles) -> None:
    """Show the rows that made no record, and where those that can be mended are."""
    _show_numbers(console, report.numbers)
    show_faults(console, "Rows left out", report.skipped_rows)
    if report.rejects:
        console.print(escape(f"Rows to correct and to read again: {', '.join(report.rejects)}"))


def show_done(console: Console, report: Document) -> None:
    """Show the result of any other command."""
    nothing = report.result is Result.NO_CHANGE
    show_end(console, report, "[bold green]There was nothing to do.[/]" if nothing else None)
    row = {
        name: value
        for name, value in json_row(report).items()
        if name not in _SHOWN_ELSEWHERE and value is not None and value != {}
    }
    for name, value in row.items():
        # What was not done has no numbers.
        if not isinstance(value, list) and not (isinstance(value, dict | int) and report.result in _UNDONE):
            console.print(escape(f"{name.replace('_', ' ')}: {_plain(value)}"))
    for name, value in row.items():
        if not isinstance(value, list) or not value:
            continue
        if isinstance(value[0], dict):
            rows = [[_cell(key, cell) for key, cell in each.items()] for each in value]
            show_table(console, name.capitalize(), tuple(value[0]), rows)
        else:
            console.print(escape(f"{name.replace('_', ' ')}: {_plain(value)}"))
    if isinstance(report, OfFiles):
        show_made_known(console, report)
        show_left_out(console, report)
        if report.result not in _UNDONE:
            show_left(console, report)
    show_written(console, getattr(report, "files", ()), getattr(report, "folder", None))


_UNDONE = frozenset({Result.REFUSED, Result.BAD_INPUT, Result.STORE_FAILED})
_SHOWN_ELSEWHERE = frozenset(
    {"format", "result", "exit_code", "refusal", "errors", "names", "files", "folder", "all_new", "unplaced"}
    | {"skipped_rows", "own_fields", "new_stages", "new_pipelines", "rejects", "numbers", "unlinked"}
)


def _cell(key: str, value: Any) -> str:
    """A cell in words; what a stage means has some of its own."""
    return MEANT[StageSemantics(value)] if key == "semantics" else _plain(value)


def _plain(value: Any) -> str:
    """A part of a report in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return {True: "yes", False: "no", None: "none"}[value] if isinstance(value, bool | None) else str(value)


def show_audit(console: Console, report: Audit) -> None:
    """Show which laws do not hold."""
    if report.errors or report.refusal is not None:
        show_end(console, report)
    elif report.ok:
        console.print(f"[bold green]All laws hold[/] for {report.leads} leads.")
    else:
        broken = report.violations
        console.print(f"[bold red]{len(broken)} violations[/] among {report.leads} leads: these laws do not hold.")
        rows = [(each.rule, each.law.replace("_", " "), _records(each)) for each in broken]
        show_table(console, "Violations", ("rule", "law", "records"), rows)


def show_spec(console: Console, report: Spec) -> None:
    """Show the families, or one rule: what it says, from where, an example, and what breaks it."""
    if report.result is not Result.DONE:
        show_end(console, report, "[bold red]A test failed, or passed that should fail.[/]" if report.rules else None)
    if report.families:
        counts = ("rules", "sentences", "proved", "changes", "examples")
        rows = [(each.family, *(getattr(each, name) for name in counts)) for each in report.families]
        total = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
        table = bare_table("family", *counts, right=range(1, 6))
        for row in (*rows, ("all", *total)):
            table.add_row(*map(str, row))
        console.print(table)
        console.print("`crmcore spec ID` shows one rule.")
    for rule in report.rules:
        console.print(escape(f"{rule.id} [{', '.join(rule.tags)}], docs/spec/{rule.page}"), style="bold")
        for statement in report.statements:
            console.print(escape(f"{statement.id}: {statement.says}"))
        if rule.asides:
            console.print(escape("\n".join(rule.asides)))
        for sentence in rule.sentences:
            console.print(escape(f"\n{sentence.id} {sentence.says}"), style="bold" if sentence.is_proved else "yellow")
            for kill in sentence.kills:
                console.print(escape(f"  broken by {kill.change}: {kill.means} ({kill.code})"), soft_wrap=True)
                console.print(escape(f"  seen by {kill.test} ({kill.how})"), soft_wrap=True)
        if rule.example is not None:
            console.print(escape(f"\nAn example of {rule.id}:\n{rule.example}\n"), soft_wrap=True)
        for name in ("laws", "refusals", "code"):
            if found := getattr(rule, name):
                console.print(escape(f"{name}: {', '.join(found)}"))
        asked = rule.sentences[0].id if len(rule.sentences) == 1 else rule.id
        console.print(escape(f"\nTo run its tests in a clone: crmcore spec {asked} --run"))


def show_written(console: Console, files: Sequence[str], folder: str | None) -> None:
    """Show what was written, and where."""
    if files:
        several = len(files) > 1 and folder is not None
        said = f" to {folder}: {', '.join(files)}" if several else f": {Path(folder or '') / files[0]}"
        console.print(escape(f"\nWritten{said}"), soft_wrap=not several)


def _records(violation: Violation) -> str:
    return f"{violation.kind} {', '.join(map(str, violation.ids))}"


def show_faults(console: Console, title: str, faults: Sequence[Fault]) -> None:
    """Show what is wrong with files or with a call, each with its place."""
    alike: dict[tuple[str | None, ...], list[int]] = {}
    for each in faults:
        lines = alike.setdefault((each.file, each.field, each.message, each.code), [])
        if each.line is not None:
            lines.append(each.line)
    if faults:
        rows = [(file, _lines(lines), *more) for (file, *more), lines in alike.items()]
        show_table(console, title, ("file", "line", "field", "message", "code"), rows, right=(1,))


def _lines(lines: Sequence[int]) -> str:
    """The first lines that have one and the same fault, and how many more there are."""
    more = f" and {len(lines) - _LINES} more" if len(lines) > _LINES else ""
    return f"{', '.join(map(str, lines[:_LINES]))}{more}"


def numbers_table(reports: Mapping[str, Switch | SwitchResult]) -> Table:
    """The numbers of one or more reports, side by side."""
    table = bare_table("", *reports, right=range(1, len(reports) + 1))
    table.show_header = len(reports) > 1
    for label, part, name in _NUMBERS:
        values = [getattr(getattr(report, part), name) for report in reports.values()]
        if any(values) or name in _ALWAYS:
            table.add_row(label, *map(str, values))
    return table


_NUMBERS = (
    ("active leads at the start", "totals", "at_begin"),
    ("leads added meanwhile", "totals", "added"),
    ("converted", "totals", "converted"),
    ("converted by hand meanwhile", "totals", "already_converted"),
    ("closed meanwhile", "totals", "closed"),
    ("deleted meanwhile", "totals", "deleted"),
    ("set aside", "totals", "set_aside"),
    ("remaining", "totals", "remaining"),
    ("closed leads, left unchanged", "totals", "untouched"),
    ("new deals", "created", "deals"),
    ("new contacts", "created", "contacts"),
    ("new companies", "created", "companies"),
    ("activities bound to deals", "activities", "bound"),
    ("  of these completed by the switch", "activities", "completed"),
    ("  of these kept open", "activities", "kept_open"),
)
_ALWAYS = frozenset({"at_begin", "converted", "untouched", "deals", "contacts", "companies", "bound"})


def show_table(
    console: Console,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Iterable[Any]],
    right: Collection[int] = (),
    count: int | None = None,
    most: int = _MOST,
    more: str = "--json lists all",
    cut: Collection[int] = (),
) -> None:
    """Show the first rows of `count` in all, `most` of them, under headings; empty columns are left out.

    The columns `cut` give way where the place is narrow, so that a row has one line.
    """
    found = [["" if cell is None else str(cell) for cell in row] for row in rows]
    filled = [at for at in range(len(headings)) if any(row[at] for row in found)]
    table = bare_table(*(headings[at] for at in filled), right=[new for new, at in enumerate(filled) if at in right])
    if cut:
        _fit(console.width, table, [[headings[at], *(row[at] for row in found[:most])] for at in filled], filled, cut)
    for row in found[:most]:
        table.add_row(*(escape(row[at]) for at in filled))
    console.print(f"\n[bold]{title}[/]\n")
    console.print(table)
    left = (len(found) if count is None else count) - len(found[:most])
    if left > 0:
        console.print(f"and {left} more; {more}")


def _fit(
    width: int, table: Table, columns: Sequence[Sequence[str]], filled: Sequence[int], cut: Collection[int]
) -> None:
    """Make the columns `cut` as narrow as the others need, so that no row is broken."""
    widths = [max(map(cell_len, column)) for column in columns]
    giving = [at for at, name in enumerate(filled) if name in cut]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    while excess > 0 and giving and widths[widest := max(giving, key=widths.__getitem__)] > _LEAST_CELL:
        widths[widest] -= 1
        excess -= 1
    for column, widest in zip(table.columns, widths, strict=True):
        column.width, column.no_wrap, column.overflow = widest, True, "ellipsis"


def bare_table(*headings: str, right: Collection[int] = ()) -> Table:
    """An empty table without a frame."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at in right else "left", overflow="fold")
    return table
