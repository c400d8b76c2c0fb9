"""`crmcore stages` and `crmcore pipelines`: what leads and deals go through, without a program (STAGE-1)."""

from collections.abc import Callable
from typing import Annotated, Literal

from attrs import evolve
from cyclopts import App, Parameter

from crmcore.adapters.bitrix24_csv.formats.seen import MEANINGS
from crmcore.adapters.cli.commands import family
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Pipelines, Stages, pipeline_row
from crmcore.adapters.cli.work.endings import bad_call, done_report, refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, at_desk
from crmcore.application.crm import Crm
from crmcore.domain.model.ids import PipelineId, StageCode
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.stages import LeadStages, Stage
from crmcore.domain.model.text import check_id

__all__ = ["add_catalogues", "pipeline_name", "pipeline_named"]

Means = Literal["in process", "failure"]
_Change = Callable[[tuple[Stage, ...]], tuple[Stage, ...] | str]


@at_desk(Stages)
def change_stages(desk: Desk, report: Stages, change: _Change) -> Stages:
    """Change the lead stages, or list them where nothing changes; a text says what is wrong with the call."""
    read = desk.crm.lead_stages()
    stages = change(read.record.stages)
    if isinstance(stages, str):
        return bad_call(report, stages, "CODE")
    if stages != read.record.stages:
        done = desk.crm.define_lead_stages(desk.actor, LeadStages(stages=stages), read.version)
        if isinstance(done, Refused):
            return refused_report(report, done)
    return done_report(report, stages=stages)


def _position(stages: tuple[Stage, ...], code: str) -> int | None:
    return next((at for at, stage in enumerate(stages) if stage.code == code), None)


def _unknown(stages: tuple[Stage, ...]) -> str:
    return "expected the code of a lead stage: " + ", ".join(stage.code for stage in stages)


@at_desk(Pipelines)
def change_pipelines(desk: Desk, report: Pipelines, change: Callable[[Desk], Refused | str | None]) -> Pipelines:
    """Change the pipelines, and list them."""
    wrong = change(desk)
    if isinstance(wrong, Refused):
        return refused_report(report, wrong)
    if wrong is not None:
        return bad_call(report, wrong, "PIPELINE")
    rows = tuple(pipeline_row(read.record) for read in desk.crm.pipelines())
    return done_report(report, pipelines=rows)


def pipeline_named(crm: Crm, word: str) -> PipelineId | str:
    """The pipeline that a word names, by its id or else by its name; a text says what is wrong."""
    pipelines = [read.record for read in crm.pipelines()]
    if word.isascii() and word.isdigit():
        return PipelineId(int(word))
    found = [each.id for each in pipelines if each.name is not None and each.name.casefold() == word.strip().casefold()]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{each.id} {each.name}" if each.name else str(each.id) for each in pipelines)
    return f"expected the id or the name of one pipeline: {known}"


def pipeline_name(crm: Crm, id: PipelineId) -> str | None:
    """What people call a pipeline, if it is there and has a name."""
    return next((read.record.name for read in crm.pipelines() if read.record.id == id), None)


def add_catalogues(app: App, terminal: Terminal) -> None:
    """Add `stages` and `pipelines`."""
    _add_stages(app, terminal)
    _add_pipelines(app, terminal)


def _add_stages(app: App, terminal: Terminal) -> None:
    stages = family(app, "stages", "List, add, rename and remove lead stages.", "list", "add CALLED --means failure")

    @stages.command(name="list")
    def list_(*, at: StoreOptions) -> int:
        """List the lead stages in their order."""
        return terminal.end(change_stages(at.place, lambda found: found), as_json=at.json)

    @stages.command
    def add(
        code: str,
        /,
        *,
        means: Annotated[
            Means, Parameter(help="Whether leads in it are active or have failed; there is only one success stage.")
        ],
        name: str | None = None,
        at: StoreOptions,
    ) -> int:
        """Add a lead stage after the others.

        Parameters
        ----------
        code
            Its code, without spaces.
        name
            The name that people see.
        """

        def change(found: tuple[Stage, ...]) -> tuple[Stage, ...] | str:
            if _position(found, code) is not None:
                return "expected a code that no lead stage has yet"
            return (*found, Stage(code=StageCode(code), name=name, semantics=MEANINGS[means]))

        return terminal.end(change_stages(at.place, change), as_json=at.json)

    @stages.command
    def rename(code: str, name: str, /, *, at: StoreOptions) -> int:
        """Rename a lead stage; its code and its meaning stay.

        Parameters
        ----------
        code
            The code of the stage.
        name
            The name that people see from now on.
        """

        def change(found: tuple[Stage, ...]) -> tuple[Stage, ...] | str:
            if _position(found, code) is None:
                return _unknown(found)
            return tuple(evolve(each, name=name) if each.code == code else each for each in found)

        return terminal.end(change_stages(at.place, change), as_json=at.json)

    @stages.command
    def remove(code: str, /, *, at: StoreOptions) -> int:
        """Remove a lead stage that no lead is in.

        Parameters
        ----------
        code
            The code of the stage.
        """

        def change(found: tuple[Stage, ...]) -> tuple[Stage, ...] | str:
            if _position(found, code) is None:
                return _unknown(found)
            return tuple(each for each in found if each.code != code)

        return terminal.end(change_stages(at.place, change), as_json=at.json)


def _add_pipelines(app: App, terminal: Terminal) -> None:
    pipelines = family(app, "pipelines", "List, add and archive deal pipelines.", "list", "add Partners")

    @pipelines.command(name="list")
    def list_(*, at: StoreOptions) -> int:
        """List the deal pipelines; 0 is the default one."""
        return terminal.end(change_pipelines(at.place, lambda desk: None), as_json=at.json)

    @pipelines.command
    def add(name: str, /, *, id: int | None = None, at: StoreOptions) -> int:
        """Add a deal pipeline with the usual stages.

        Parameters
        ----------
        name
            The name that people see.
        id
            Its id. Default: the next one that is free.
        """

        def change(desk: Desk) -> Refused | str | None:
            taken = {read.record.id for read in desk.crm.pipelines()}
            wanted = max(taken) + 1 if id is None else id
            check_id("id", wanted)
            if wanted in taken:
                return "expected an id that no pipeline has yet"
            made = Pipeline(id=PipelineId(wanted), name=name, stages=default_pipeline().stages)
            done = desk.crm.define_pipeline(desk.actor, made)
            return done if isinstance(done, Refused) else None

        return terminal.end(change_pipelines(at.place, change), as_json=at.json)

    @pipelines.command
    def archive(pipeline: str, /, *, at: StoreOptions) -> int:
        """Archive a deal pipeline: its deals stay, and new ones cannot start in it.

        Parameters
        ----------
        pipeline
            Its id or its name.
        """

        def change(desk: Desk) -> Refused | str | None:
            named = pipeline_named(desk.crm, pipeline)
            if isinstance(named, str):
                return named
            done = desk.crm.archive_pipeline(desk.actor, named)
            return done if isinstance(done, Refused) else None

        return terminal.end(change_pipelines(at.place, change), as_json=at.json)
