"""The stages of a portal as its REST interface lists them (`crm.status.list`): codes, names and meanings."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from attrs import evolve, frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, read_id
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import BadFile, Fault
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import bad_file
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import DEFAULT_PIPELINE, PipelineId, StageCode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import Discreet

__all__ = ["StatusList", "read_status_list"]

_COLUMNS = ("ENTITY_ID", "STATUS_ID", "NAME", "SEMANTICS", "EXTRA", "SORT")
#: Which of the lists of a portal has the stages of leads, and which those of deals: of each pipeline but the default
#: one with its id behind.
_OF_LEADS = "STATUS"
_OF_DEALS = "DEAL_STAGE"
_MEANINGS: Mapping[str, StageSemantics] = {
    **dict.fromkeys(("S", "SUCCESS"), StageSemantics.SUCCESS),
    **dict.fromkeys(("F", "FAILURE", "APOLOGY"), StageSemantics.FAILURE),
    **dict.fromkeys(("P", "PROCESS"), StageSemantics.IN_PROCESS),
}


@frozen(repr=False, eq=False)
class _Row(Discreet):
    line: int
    cells: Mapping[str, str]

    @property
    def sort(self) -> int:
        """Where it stands among the others; those that do not say so come last, in their order."""
        return read_id(self.cells.get("SORT", "")) or _LAST


_LAST = 2**63


@frozen(repr=False, eq=False)
class StatusList(Discreet):
    """What a list says of the stages of leads and of deals."""

    file: str
    rows: tuple[_Row, ...]
    has_meanings: bool

    def lead_stages(self, stages: LeadStages) -> LeadStages:
        """The catalogue `stages` with the names of the list, and behind them the stages that it does not have.

        Raises `BadFile` where no lead stages are listed, or one of another meaning than the catalogue says.
        """
        of_leads = [row for row in self.rows if row.cells.get("ENTITY_ID") == _OF_LEADS]
        if not of_leads:
            said = f"expected the stages of leads, whose ENTITY_ID is {_OF_LEADS}"
            raise self._bad(None, "ENTITY_ID", Fault.WRONG_FILE, said)
        found = {stage.code: stage for stage in stages.stages}
        for row in of_leads:
            stage = self._stage(row, found)
            found[stage.code] = stage
        try:
            return LeadStages(stages=tuple(found.values()))
        except InvalidValue as error:
            raise_alone(self._bad(None, "SEMANTICS", Fault.UNKNOWN_STAGE, f"expected {error.expected}"))

    def deal_stages(self, pipeline: PipelineId, stages: Sequence[Stage]) -> tuple[Stage, ...]:
        """The `stages` of a pipeline with the names of the list, and behind them those that it does not have.

        Raises `BadFile` where one has another meaning in the list.
        """
        name = _OF_DEALS if pipeline == DEFAULT_PIPELINE else f"{_OF_DEALS}_{pipeline}"
        found = {stage.code: stage for stage in stages}
        for row in sorted((row for row in self.rows if row.cells.get("ENTITY_ID") == name), key=attrgetter("sort")):
            stage = self._stage(row, found)
            found.setdefault(stage.code, stage)
        return tuple(found.values())

    def _stage(self, row: _Row, found: Mapping[StageCode, Stage]) -> Stage:
        code = StageCode(row.cells.get("STATUS_ID", ""))
        known = found.get(code)
        if known is None and not self.has_meanings:
            said = "expected a column SEMANTICS for stages that the CRM does not have"
            raise self._bad(row.line, "STATUS_ID", Fault.UNKNOWN_STAGE, said)
        means = self._meaning(row) if self.has_meanings or known is None else known.semantics
        if known is not None and known.semantics is not means:
            said = f"expected the meaning that the stage {code!r} has in the CRM"
            raise self._bad(row.line, "SEMANTICS", Fault.UNKNOWN_STAGE, said)
        try:
            name = row.cells.get("NAME")
            if known is not None:
                return evolve(known, name=name or known.name)
            return Stage(code=code, name=name, semantics=means)
        except InvalidValue as error:
            field = "NAME" if error.field.endswith("name") else "STATUS_ID"
            raise_alone(self._bad(row.line, field, Fault.INVALID_VALUE, f"expected {error.expected}"))

    def _meaning(self, row: _Row) -> StageSemantics:
        """What a stage means: the list says nothing of those in process, but in its newer part."""
        more = read_dump(row.cells.get("EXTRA", "")) or [{}]
        extra = field_of(more[0], "SEMANTICS") if isinstance(more[0], dict) else None
        means = _MEANINGS.get(str(row.cells.get("SEMANTICS") or extra or "P").upper())
        if means is None:
            said = "expected S, F or nothing: success, failure, in process"
            raise self._bad(row.line, "SEMANTICS", Fault.UNKNOWN_STAGE, said)
        return means

    def _bad(self, line: int | None, field: str | None, code: Fault, message: str) -> BadFile:
        return bad_file(self.file, line, code, message, field)


def read_status_list(path: Path, *, partial: bool = False) -> StatusList:
    """Read an answer of `crm.status.list` in any form; raises `BadFile` for a file that is none.

    `partial` takes one page of a longer list.
    """
    table = read_table(path, _known, partial=partial)
    place = {name: table.names.index(name) for name in _COLUMNS if name in table.names}
    if not {"ENTITY_ID", "STATUS_ID"} <= place.keys():
        said = "expected a list of stages (crm.status.list), with ENTITY_ID and STATUS_ID"
        raise bad_file(str(path), None, Fault.WRONG_FILE, said)
    rows = tuple(_Row(line, dict(_filled(place, cells))) for line, cells in table.rows)
    return StatusList(str(path), rows, bool({"SEMANTICS", "EXTRA"} & place.keys()))


def _filled(place: Mapping[str, int], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((name, cells[at].strip()) for name, at in place.items() if len(cells) > at and is_filled(cells[at]))


def _known(names: Sequence[str]) -> int:
    return sum(name in _COLUMNS for name in names)
