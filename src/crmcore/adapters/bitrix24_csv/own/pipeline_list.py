"""The deal pipelines of a portal as its REST interface lists them (`crm.category.list`, `crm.dealcategory.list`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import evolve

from crmcore.adapters.bitrix24_csv.cells import is_filled, read_id
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import bad_file
from crmcore.adapters.bitrix24_csv.own.status_list import StatusList
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import DEFAULT_PIPELINE, PipelineId
from crmcore.domain.model.pipeline import DEFAULT_DEAL_STAGES, Pipeline, default_pipeline

__all__ = ["read_pipelines"]

#: The columns as both methods spell them, as `_key` gives them.
_ID, _NAME, _TYPE = "id", "name", "entitytypeid"
#: What the newer method calls deals, which alone have pipelines here.
_OF_DEALS = "2"


def read_pipelines(
    path: Path,
    there: Mapping[PipelineId, Pipeline],
    stages: StatusList | None = None,
    *,
    partial: bool = False,
) -> dict[PipelineId, Pipeline]:
    """The pipelines of a list, each as it is in the CRM once the list was read, by id.

    `there` are those that the CRM has; `stages` lists the stages of deals, in whose place a new pipeline has the usual
    ones. `partial` takes one page of a longer list. Raises `BadFile` for a file that lists no pipelines of deals, or
    one that the CRM has under another name.
    """
    file = str(path)
    table = read_table(path, _known, partial=partial)
    place = {_key(name): at for at, name in enumerate(table.names)}
    if not {_ID, _NAME} <= place.keys() or not _is_of_pipelines(table.names):
        said = "expected a list of pipelines (crm.category.list, crm.dealcategory.list), with ID and NAME"
        raise bad_file(file, None, Fault.WRONG_FILE, said)
    found: dict[PipelineId, Pipeline] = {}
    for line, cells in table.rows:
        row = {name: cells[at].strip() for name, at in place.items() if len(cells) > at and is_filled(cells[at])}
        if row and row.get(_TYPE, _OF_DEALS) == _OF_DEALS:
            listed = _pipeline(file, line, row)
            if listed.id in found:
                raise bad_file(file, line, Fault.ID_DIFFERS, "expected each pipeline once", "ID")
            found[listed.id] = _settled(file, line, listed, there.get(listed.id), stages)
    if not found:
        said = f"expected the pipelines of deals, whose entityTypeId is {_OF_DEALS}"
        raise bad_file(file, None, Fault.WRONG_FILE, said)
    return found


def _is_of_pipelines(names: Sequence[str]) -> bool:
    """Whether there is nothing beside ids, names and types, or more of what pipelines have than of any other kind."""
    found = likeness_of(names)
    score = found[FileKind.PIPELINES].score
    best = max(each.score for kind, each in found.items() if kind not in (FileKind.PIPELINES, FileKind.STAGES))
    return _known(names) == len(names) or score > best


def _known(names: Sequence[str]) -> int:
    return sum(_key(name) in (_ID, _NAME, _TYPE) for name in names)


def _key(name: str) -> str:
    return name.strip().replace("_", "").casefold()


def _pipeline(file: str, line: int, row: Mapping[str, str]) -> Pipeline:
    """The pipeline of a row, with the usual stages."""
    id = DEFAULT_PIPELINE if row.get(_ID) in ("0", "0.0") else read_id(row.get(_ID, ""))
    if id is None:
        raise bad_file(file, line, Fault.BAD_ID, "expected the id of a pipeline, a whole number from 0", "ID")
    try:
        return Pipeline(id=PipelineId(id), name=row.get(_NAME), stages=DEFAULT_DEAL_STAGES)
    except InvalidValue as error:
        raise_alone(bad_file(file, line, Fault.INVALID_VALUE, f"expected {error.expected}", "NAME"))


def _settled(file: str, line: int, listed: Pipeline, known: Pipeline | None, stages: StatusList | None) -> Pipeline:
    """A pipeline of the list as the CRM has it, or as it is added to the CRM."""
    pipeline = listed if known is None else known
    if known is not None and known.name != listed.name and listed.name is not None:
        if known.id == DEFAULT_PIPELINE:
            pipeline = evolve(known, name=listed.name) if known.name == default_pipeline().name else known
        elif known.name is not None and plain(known.name) != plain(listed.name):
            said = f"expected the name that pipeline {known.id} has in the CRM: this may be another one"
            raise bad_file(file, line, Fault.RECORD_DIFFERS, said, "NAME")
    if stages is None:
        return pipeline
    own = stages.deal_stages(pipeline.id, () if known is None else pipeline.stages)
    try:
        return evolve(pipeline, stages=own or pipeline.stages)
    except InvalidValue as error:
        raise_alone(bad_file(stages.file, None, Fault.UNKNOWN_STAGE, f"expected {error.expected}", "SEMANTICS"))
