"""What files are, as people read it: one heading a file, then its columns, stages, names and first rows."""

from collections.abc import Iterable

from rich.markup import escape

from crmcore.adapters.bitrix24_csv import Inspection
from crmcore.adapters.bitrix24_csv.formats.seen import WordSeen
from crmcore.adapters.cli.terminal.tables import Console, show_end, show_pipelines, show_table, show_written
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.documents import Inspect

__all__ = ["show_inspect"]

#: How long a cell of a first row is shown.
_CELL = 60


def show_inspect(console: Console, report: Inspect) -> None:
    """Show what each file is, then what is wrong."""
    for seen in report.inspected:
        _show_file(console, seen)
    show_pipelines(console, "Pipelines", report.pipelines)
    refused = report.inspected and report.result is Result.BAD_INPUT
    show_end(console, report, "[bold red]Some of this would be refused.[/]" if refused else None)
    show_written(console, report.files, None)


def _show_file(console: Console, seen: Inspection) -> None:
    if seen.form is None:
        console.print(escape(f"{seen.file}: not read"))
        return
    details = [seen.form.name, seen.form.encoding, None if seen.form.delimiter is None else _sign(seen.form.delimiter)]
    count = seen.leads if seen.clients is None else seen.clients
    read = "" if count is None else f", {count} read"
    told = f"{', '.join(each for each in details if each)}: {seen.rows} rows of {seen.kind}{read}"
    console.print(f"[bold]{escape(seen.file)}[/]: {escape(told)}")
    columns = [(each.heading, each.code or each.own or "not known", each.filled) for each in seen.columns]
    show_table(console, "Columns", ("heading", "feeds", "filled cells"), columns, right=(2,), most=len(columns))
    stages = [(each.word, each.code or _unknown(each), each.means or "", each.cells) for each in seen.stages]
    _show_some(console, "Stages", ("word", "stage", "means", "cells"), stages, right=(3,))
    _show_some(console, "Sources by name", ("name", "code"), seen.sources.items())
    if not console.file.isatty():  # what is redirected is a log, and has no personal data (CLI-6)
        console.print("\nPersons and the first rows are shown on a terminal, and with --json.")
        console.print()
        return
    _show_some(console, "Persons by name", ("name", "id"), seen.persons.items(), right=(1,))
    for number, row in enumerate(seen.first, 1):
        _show_some(console, f"Row {number}", ("heading", "cell"), ((name, _cut(cell)) for name, cell in row.items()))
    console.print()


def _show_some(
    console: Console,
    title: str,
    headings: tuple[str, ...],
    rows: Iterable[tuple[object, ...]],
    right: tuple[int, ...] = (),
) -> None:
    rows = list(rows)
    if rows:
        show_table(console, title, headings, rows, right=right, most=len(rows))


def _unknown(word: WordSeen) -> str:
    """Why a word is no stage, where something helps."""
    return "not known" if word.language is None else f"known with --language {word.language}"


def _sign(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f"delimiter {delimiter}"


def _cut(cell: str) -> str:
    return cell if len(cell) <= _CELL else f"{cell[:_CELL]}…"
