"""`crmcore inspect`: what files are and how they will be read, before anything is imported."""

from pathlib import Path
from typing import Annotated

from attrs import evolve
from cyclopts import App, Parameter

from crmcore.adapters.bitrix24_csv import BadFile, draft_mapping, inspect_files
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Inspect, pipeline_row
from crmcore.adapters.cli.work.endings import bad_call, bad_input, done_report, store_failed
from crmcore.adapters.cli.work.inputs import fault_of, no_place_for_new, read_lists
from crmcore.adapters.cli.work.options import NO_READING_OPTIONS, ReadingOptions
from crmcore.adapters.files import new_file

__all__ = ["add_inspect"]


def look_at(paths: tuple[Path, ...], reading: ReadingOptions, write: Path | None) -> Inspect:
    """Look at each file; write the draft of a mapping for one. A file that would be refused is bad input."""
    report = Inspect()
    if not paths:
        return bad_call(report, "expected at least one file", "FILE")
    if write is not None and len(paths) > 1:
        return bad_call(report, "expected one file to write a mapping for", "--write")
    wrong = None if write is None else no_place_for_new(write)
    if wrong is not None:
        return bad_call(report, wrong, "--write")
    try:
        mapping = reading.file_mapping()
        stages, pipelines = read_lists(reading)
    except BadFile as error:
        return bad_input(report, [fault_of(error.row)])
    found = inspect_files(
        paths,
        stages=stages,
        mapping=mapping,
        numbering=count_up if reading.number else None,
        all_new=reading.all_new,
        unlinked=reading.unlinked,
        partial=reading.partial,
    )
    listed = () if reading.pipelines is None else tuple(map(pipeline_row, pipelines.values()))
    report = Inspect(inspected=found, pipelines=listed)
    written: tuple[str, ...] = ()
    if write is not None:
        try:
            with new_file(write) as file:
                file.write(draft_mapping(found[0], mapping))
        except OSError as error:
            return store_failed(report, error)
        written = (str(write),)
    refusals = [fault_of(each.refusal) for each in found if each.refusal is not None]
    bad = [fault_of(row) for each in found for row in each.bad_rows]
    if refusals or bad:
        return bad_input(evolve(report, files=written), [*refusals, *bad])
    return done_report(report, files=written)


def add_inspect(app: App, terminal: Terminal) -> None:
    """Add `inspect`."""

    @app.command
    def inspect(
        *files: Path,
        write: Path | None = None,
        reading: ReadingOptions = NO_READING_OPTIONS,
        json: Annotated[bool, Parameter(negative=(), help="Print one JSON document on standard output.")] = False,
    ) -> int:
        """Show what files of leads, clients or activities are, and how they will be read; nothing is imported.

        For example:
          crmcore inspect LEADS.csv
          crmcore inspect LEADS.csv --write mapping.toml

        Parameters
        ----------
        files
            The files to look at.
        write
            Write a draft of a mapping for the file here; an existing file is not overwritten.
        """
        return terminal.end(look_at(files, reading, write), as_json=json)
