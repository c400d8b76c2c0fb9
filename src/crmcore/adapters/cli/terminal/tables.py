"""Reports as tables, for people.

lines: one short function for each part of a report that people read, on the few that draw tables.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import fields

from crmcore.adapters import missing_extra
from crmcore.adapters.bitrix24_csv.own.file_map import MEANT
from crmcore.adapters.cli.terminal.refusals import in_words
from crmcore.adapters.cli.work.document import Document, Fault, Result
from crmcore.adapters.cli.work.documents import Audit, LeadRow, OfFiles, RecordChange, Switch, json_row
from crmcore.adapters.cli.work.spec_documents import Spec
from crmcore.adapters.cli.work.visible import visible
from crmcore.domain.laws import Violation
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.protocol.results import RecordNumbers

try:
    from rich.box import SIMPLE_HEAD
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
    "show_spec",
    "show_switch",
    "show_table",
]

#: How many leads, faults or rows of each kind are shown; `--json` has all of them.
_MOST = 12

_HEADLINES = {
    Result.SWITCHED: "[bold green]The CRM is Simple now.[/]",
    Result.NO_CHANGE: "[bold green]The CRM was already Simple.[/]",
    Result.PREVIEW: "[bold]What the switch would do; nothing was written.[/]",
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


def show_switch(console: Console, report: Switch) -> None:
    """Show the result of a switch, or why there is none."""
    if report.result is Result.REFUSED and report.switch is not None:
        show_end(console, report, "[bold red]Stopped by a rule; converted leads stay converted.[/]")
    elif report.ended_before and report.result is not Result.NO_SWITCH:
        show_end(console, report, "[bold green]The switch with this key ended earlier; nothing was done now.[/]")
    else:
        show_end(console, report)
    if report.portal is not None and report.state is not None:
        console.print(escape(f"portal {report.portal}: {report.state}"))
    if report.switch is not None and report.ended_at is not None:
        said = f"switch {report.switch.key}: {report.ended} at {report.ended_at:%Y-%m-%d %H:%M:%S} UTC"
        console.print(escape(said))
    if report.all_new:
        console.print("The file has no column for the stage: all of its leads count as new.")
    _show_made_known(console, report)
    _show_left_out(console, report)
    if report.result in (Result.SWITCHED, Result.PREVIEW, Result.BLOCKED) or report.switch is not None:
        console.print()
        console.print(numbers_table({"": report}))
        _show_records(console, report.records)
        aside = [(row.id, row.code) for row in report.leads if row.outcome is OutcomeKind.SET_ASIDE]
        if aside:
            show_table(console, "Set aside", ("lead", "why"), aside, right=(0,))
            if report.result is Result.BLOCKED and report.portal is not None:
                console.print("Repair a lead and run `crmcore retry`, or give it up: `crmcore lead close ID`.")
        if report.result is not Result.PREVIEW:
            _show_leads(console, report.leads, max(report.totals.ended, len(report.leads)))
        _show_left(console, report)
    if report.files:
        console.print(escape(f"\nWritten: {', '.join(report.files)}"))


def show_end(console: Console, report: Document, said: str | None = None) -> None:
    """Show how a command ended, in the words `said` or those of its result, and what was wrong."""
    assert report.result is not None  # it has come to its end
    console.print(said or _HEADLINES[report.result])
    refused = report.refusal
    if refused is not None:
        subject = "" if refused.subject is None else f": {refused.subject.kind} {refused.subject.id}"
        words = in_words(refused.reason, refused.rule)
        console.print(escape(f"{refused.reason} (rule {refused.rule}){subject}: {words}"))
    _show_faults(console, "What is wrong", report.errors)


def _show_made_known(console: Console, report: OfFiles) -> None:
    """Show what a file brought that nobody had defined: fields and stages."""
    fields = [(own.heading, own.code, own.cells) for own in report.own_fields]
    if fields:
        show_table(console, "Columns that became custom fields", ("column", "field", "cells"), fields, right=(2,))
    stages = [(stage.code, stage.name or "", MEANT[stage.semantics]) for stage in report.new_stages]
    if stages:
        show_table(console, "Stages that were not defined", ("stage", "name", "means"), stages)


def _show_numbers(console: Console, numbers: Mapping[str, int]) -> None:
    """Show which lead of ours stands for which id of another system."""
    if numbers:
        rows = [(theirs, id) for theirs, id in list(numbers.items())[:_MOST]]
        show_table(console, f"New ids: {len(numbers)}", ("theirs", "lead"), rows, right=(1,))


def _show_left_out(console: Console, report: OfFiles) -> None:
    """Show the rows that made no record, and where those that can be mended are."""
    _show_numbers(console, report.numbers)
    _show_faults(console, "Rows left out", report.skipped_rows)
    if report.rejects:
        console.print(escape(f"Rows to mend and to read again: {', '.join(report.rejects)}"))


def show_done(console: Console, report: Document) -> None:
    """Show the result of any other command."""
    nothing = report.result is Result.NO_CHANGE
    show_end(console, report, "[bold green]There was nothing to do.[/]" if nothing else None)
    if isinstance(report, OfFiles):
        _show_made_known(console, report)
        _show_left_out(console, report)
    row = json_row(report)
    for name, value in row.items():
        if name in _SHOWN_ELSEWHERE or value is None or value == {}:
            continue
        if isinstance(value, list):
            rows = [[_plain(cell) for cell in each.values()] for each in value if isinstance(each, dict)]
            if rows:
                show_table(console, name, tuple(value[0]), rows)
            elif value:
                console.print(escape(f"{name}: {_plain(value)}"))
        else:
            console.print(escape(f"{name}: {_plain(value)}"))


_SHOWN_ELSEWHERE = frozenset(
    {"format", "result", "exit_code", "refusal", "errors", "names"}
    | {"skipped_rows", "own_fields", "new_stages", "rejects", "numbers"}
)


def _plain(value: Any) -> str:
    """A part of a report in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return (
        {True: "yes", False: "no", None: "none"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )


def _show_leads(console: Console, leads: Sequence[LeadRow], ended: int) -> None:
    """Show what became of the first leads; `ended` is how many there are."""
    headings = ("lead", "outcome", "deal", "contact", "company", "activities")
    rows = (
        (
            row.id,
            row.outcome.replace("_", " "),
            row.deal_id,
            row.contact_id,
            row.company_id,
            len(row.activity_ids) or None,
        )
        for row in leads
    )
    if leads:
        show_table(console, "What became of the leads", headings, rows, right=(0, 2, 3, 4, 5), count=ended)


def _show_records(console: Console, records: RecordChange) -> None:
    """Show how many records there are and would be, where they were counted."""
    before, after = records.before, records.after
    if before is not None and after is not None:
        names = [each.name for each in fields(RecordNumbers)]
        rows = [(name, getattr(before, name), getattr(after, name)) for name in names]
        show_table(console, "Records", ("", "before", "after"), rows, right=(1, 2))


def _show_left(console: Console, report: Switch) -> None:
    """Show what was not used: fields of leads, and columns of files."""
    fields = Counter(name for row in report.leads for name in row.not_carried)
    if fields:
        show_table(console, "Stays on the lead only", ("field", "leads"), sorted(fields.items()), right=(1,))
    columns = [(heading, count) for heading, count in report.unplaced.items() if count]
    if columns:
        show_table(console, "Columns not imported", ("column", "filled cells"), columns, right=(1,))


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
        console.print(escape("\n".join(rule.asides)))
        for sentence in rule.sentences:
            console.print(escape(f"\n{sentence.id} {sentence.says}"), style="bold" if sentence.is_proved else "yellow")
            for kill in sentence.kills:
                console.print(escape(f"  broken by {kill.change}: {kill.means} ({kill.code})"))
                console.print(escape(f"  seen by {kill.test} ({kill.how})"))
            if sentence.unproved is not None:
                console.print(escape(f"  no change breaks it yet: {sentence.unproved or 'nobody has looked'}"))
        if rule.example is not None:
            console.print(escape(f"\n{rule.example}"))
        for name in ("laws", "refusals", "code"):
            if found := getattr(rule, name):
                console.print(escape(f"{name}: {', '.join(found)}"))
        console.print(escape(f"\nTo run its tests in a clone: crmcore spec {rule.id} --run"))


def _records(violation: Violation) -> str:
    return f"{violation.kind} {', '.join(map(str, violation.ids))}"


def _show_faults(console: Console, title: str, faults: Sequence[Fault]) -> None:
    if faults:
        rows = [(each.file, each.line, each.field, each.message, each.code) for each in faults]
        show_table(console, title, ("file", "line", "field", "message", "code"), rows, right=(1,))


def numbers_table(reports: dict[str, Switch]) -> Table:
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
) -> None:
    """Show the first rows of `count` in all, `most` of them, under headings; empty columns are left out."""
    found = [["" if cell is None else str(cell) for cell in row] for row in rows]
    filled = [at for at in range(len(headings)) if any(row[at] for row in found)]
    table = bare_table(*(headings[at] for at in filled), right=[new for new, at in enumerate(filled) if at in right])
    for row in found[:most]:
        table.add_row(*(escape(row[at]) for at in filled))
    console.print(f"\n[bold]{title}[/]\n")
    console.print(table)
    more = (len(found) if count is None else count) - len(found[:most])
    if more > 0:
        console.print(f"and {more} more; --json lists all")


def bare_table(*headings: str, right: Collection[int] = ()) -> Table:
    """An empty table without a frame."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at in right else "left", overflow="fold")
    return table
