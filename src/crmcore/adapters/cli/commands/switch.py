"""`crmcore switch`: its options, and whether it works on files or on a store."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from attrs import evolve
from cyclopts import App, Parameter

from crmcore.adapters.cli.commands.processes import check_workers
from crmcore.adapters.cli.commands.switch_file import KEY, Wanted, switch_file
from crmcore.adapters.cli.commands.switch_report import Going
from crmcore.adapters.cli.commands.switch_store import switch_store
from crmcore.adapters.cli.terminal.interrupts import Stopped
from crmcore.adapters.cli.terminal.progress import Bar
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work import options
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.endings import bad_call, bad_input, bad_value, store_failed, switch_of
from crmcore.adapters.cli.work.inputs import rejects_of
from crmcore.adapters.cli.work.out_folder import in_the_way, targets_of, write_files
from crmcore.adapters.cli.work.sheets import RESULT, WORKBOOK, in_the_way_of_sheet, missing_for
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.words import language
from crmcore.application.pace import check_pace
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import PipelineId
from crmcore.domain.model.policy import DEFAULT_POLICY, ClientChoice, MatchSetting, ModeSwitchPolicy, OptionPage
from crmcore.domain.model.text import check_id, check_instant
from crmcore.domain.protocol.commands import CHUNK, BeginSwitch
from crmcore.ports.store import Store

__all__ = ["add_switch"]

_FILE, _ON_STORE = Parameter(group=options.WITH_FILE), Parameter(group=options.WITH_STORE)
_NUMBER = re.compile(r"-?[0-9]{1,20}")


def add_switch(app: App, terminal: Terminal, make_store: Callable[[], Store] | None = None) -> None:
    """Add `switch`, whose options of a policy are explained in the words of the page (POLICY-5)."""
    make_store = make_store or InMemoryStore.classic
    page = language("en").pages[OptionPage.WEB]
    keep = page.keep_activities

    @app.command
    def switch(
        leads: Path | None = None,
        /,
        *,
        beside: options.FilesBeside = options.NO_FILES_BESIDE,
        client: Annotated[Literal["contact", "company", "both"], Parameter(help=page.client.help)] = "contact",
        pipeline: Annotated[
            str | None,
            Parameter(help=f"{page.pipeline_id.help} Give its id or its name. Default: the default pipeline."),
        ] = None,
        keep_activities: Annotated[
            bool,
            Parameter(
                name="--keep-activities",
                negative="--close-activities",
                help=f"{keep.label}. On: {keep.on} Off: {keep.off}",
            ),
        ] = DEFAULT_POLICY.keep_activities,
        match: Annotated[Literal["none", "email"] | None, _FILE] = None,
        preview: options.Flag = False,
        chunk: int = CHUNK,
        workers: Annotated[int, _ON_STORE] = 1,
        pace: Annotated[int | None, _ON_STORE] = None,
        key: str | None = None,
        plan: Path | None = None,
        yes: Annotated[options.Flag, _ON_STORE] = False,
        instant: Annotated[str | None, Parameter(name="--at", group=options.WITH_FILE)] = None,
        reading: options.FileOptions = options.NO_FILE_OPTIONS,
        out: Annotated[str | None, _FILE] = None,
        xlsx: Annotated[options.Flag, _FILE] = False,
        at: options.Options = options.NO_OPTIONS,
    ) -> int:
        """Switch the CRM of a store to Simple, or import leads into a CRM in memory and switch that.

        For example:
          crmcore switch LEADS.csv --client both --preview --plan plan.csv
          crmcore switch LEADS.csv --activities ACTS.csv --client both --out result
          crmcore switch --store crm.db --client both

        Exit codes: 0 done or nothing to do, 1 refused by a rule, 2 the call or a
        file is wrong, 3 leads were set aside, 4 the store or the folder failed,
        130 interrupted or not begun.

        Parameters
        ----------
        leads
            A CSV file of leads, as the product exports it. Or use --store.
        match
            Whether a lead is linked to an existing client with the same e-mail.
        preview
            Show what the switch would do, and write nothing.
        chunk
            How many leads to convert in one commit.
        workers
            How many processes to run in parallel.
        pace
            The highest number of leads to convert in a second, as other people use the CRM too. Default: no limit.
        key
            The key of this switch: the same key always means the same switch.
        plan
            With --preview: write the plan, a row for each lead, to this .csv or .xlsx file.
        yes
            Begin without asking; without a terminal, nothing is asked anyway.
        instant
            When the records count as created, such as 2026-01-31T12:00:00Z; then the same file gives the same bytes.
        out
            The folder to write the resulting CRM to: CSV files, crm.json, and result.csv with a row for each lead.
        xlsx
            With --out: write result.xlsx too (extra excel).
        """
        of_files = {"--match": match, "--out": out, "--at": instant}
        given = [name for name, value in of_files.items() if value is not None]
        wrong = at.contradiction("LEADS", leads, [*beside.given(), *given, *reading.given()])
        if leads is not None and workers > 1:
            wrong = wrong or ("requires --store: only a store can be opened by several processes", "--workers")
        if leads is not None and pace is not None:
            wrong = wrong or ("requires --store: nobody else works in a CRM in memory", "--pace")
        if leads is not None and yes:
            wrong = wrong or ("requires --store: a switch of a file changes no CRM, and asks nothing", "--yes")
        if plan is not None and not preview:
            wrong = wrong or ("requires --preview: the result goes to --out, or to `crmcore result --out`", "--plan")
        if xlsx and out is None:
            wrong = wrong or ("requires --out", "--xlsx")
        if reading.rejects is not None:
            targets = [
                *(() if plan is None else (plan,)),
                *(() if out is None else targets_of(out, (RESULT, WORKBOOK))),
            ]
            if _names(rejects_of(reading.rejects)) & _names(targets):
                wrong = wrong or ("expected another name than those that --out and --plan write", "--rejects")
        if wrong is not None:
            return terminal.end(bad_call(Switch(), *wrong), as_json=at.json)
        obstacles = [] if plan is None else in_the_way_of_sheet(plan, "--plan")
        if xlsx:
            obstacles += missing_for(WORKBOOK, "--xlsx")
        if obstacles:
            return terminal.end(bad_input(Switch(), obstacles), as_json=at.json)
        try:
            moment = None if instant is None else _instant(instant)
            policy = ModeSwitchPolicy(
                client=ClientChoice(client),
                pipeline_id=None if pipeline is None or not _NUMBER.fullmatch(pipeline) else PipelineId(int(pipeline)),
                keep_activities=keep_activities,
            )
            check_id("chunk", chunk)
            check_workers(workers)
            check_pace(pace)
            name = pipeline if policy.pipeline_id is None else None  # is looked up where the pipelines are
            BeginSwitch(key=KEY if key is None else key, policy=policy)
        except InvalidValue as error:
            return terminal.end(bad_value(Switch(), error), as_json=at.json)
        if at.place is not None:
            with terminal.bar() as bar:
                going = Going(show=bar.show, chunk=chunk, workers=workers, pace=pace, every_lead=at.json)
                if terminal.asks and not (preview or yes or at.json):
                    _ask(terminal, bar, switch_store(at.place, policy, key, going, preview=True, pipeline=name))
                report = switch_store(at.place, policy, key, going, preview=preview, pipeline=name, plan_file=plan)
            return terminal.end(report, as_json=at.json)
        assert leads is not None  # there is either a file or a store
        wanted = Wanted(
            leads=leads,
            beside=beside,
            policy=policy,
            pipeline=name,
            match=MatchSetting(match or "none"),
            preview=preview,
            chunk=chunk,
            key=key or KEY,
            reading=reading,
            plan=plan,
            instant=moment,
        )
        sheets = (RESULT, WORKBOOK) if xlsx else (RESULT,)
        return terminal.end(_switch(wanted, out, sheets, make_store, terminal), as_json=at.json)


def _names(paths: Iterable[Path]) -> set[str]:
    """Where paths lead, as a system compares them that ignores case: two that meet anywhere would overwrite."""
    return {os.path.realpath(path).casefold() for path in paths}


def _instant(word: str) -> datetime:
    try:
        return check_instant("at", datetime.fromisoformat(word))
    except ValueError:  # InvalidValue is one too
        raise_alone(InvalidValue("at", "an instant with its zone, such as 2026-01-31T12:00:00Z"))


def _ask(terminal: Terminal, bar: Bar, plan: Switch) -> None:
    """Show what would happen, and go on only where somebody says yes; where nothing would begin, nothing is asked."""
    if plan.result is not Result.PREVIEW:
        return
    bar.pause()
    terminal.end(plan, as_json=False)
    if not terminal.confirmed("Begin the switch?"):
        raise Stopped("not begun; nothing was changed")


def _switch(
    wanted: Wanted, out: str | None, sheets: Sequence[str], make_store: Callable[[], Store], terminal: Terminal
) -> Switch:
    inputs = [wanted.leads, *wanted.beside.paths(), *wanted.reading.paths()]
    obstacles = [] if out is None else in_the_way(out, inputs, sheets)
    if obstacles:
        return bad_input(switch_of(wanted.policy, wanted.match), obstacles)
    with terminal.bar() as bar:
        done = switch_file(wanted, make_store, bar.show)
        if out is None or done.image is None or done.names is None:
            return done.report
        bar.show("Writing", 0, None)
        try:
            names = write_files(Path(out), done.image, done.names, sheets, done.rows)
            return evolve(done.report, files=names, folder=out)
        except OSError as error:
            return store_failed(done.report, error)
