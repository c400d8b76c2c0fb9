"""The lead stages of a portal as its REST interface lists them (`crm.status.list`): codes, names and meanings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import evolve

from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import StageCode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics

__all__ = ["read_lead_stages"]

_COLUMNS = ("ENTITY_ID", "STATUS_ID", "NAME", "SEMANTICS", "EXTRA")
#: Which of the lists of a portal has the stages of leads.
_OF_LEADS = "STATUS"
_MEANINGS: Mapping[str, StageSemantics] = {
    **dict.fromkeys(("S", "SUCCESS"), StageSemantics.SUCCESS),
    **dict.fromkeys(("F", "FAILURE", "APOLOGY"), StageSemantics.FAILURE),
    **dict.fromkeys(("P", "PROCESS"), StageSemantics.IN_PROCESS),
}


def read_lead_stages(path: Path, stages: LeadStages, *, partial: bool = False) -> LeadStages:
    """The catalogue `stages` with the names that a list gives, and behind them the stages that it does not have.

    `partial` takes one page of a longer list. Raises `BadFile` for a file that lists no lead stages, or one of another
    meaning than the catalogue says.
    """
    table = read_table(path, _known, partial=partial)
    place = {name: table.names.index(name) for name in _COLUMNS if name in table.names}
    if not {"ENTITY_ID", "STATUS_ID"} <= place.keys():
        raise _bad(path, None, None, Fault.WRONG_FILE, "expected a list of stages, with ENTITY_ID and STATUS_ID")
    found = {stage.code: stage for stage in stages.stages}
    listed = 0
    for line, cells in table.rows:
        row = {name: cells[at].strip() for name, at in place.items() if len(cells) > at and is_filled(cells[at])}
        if row.get("ENTITY_ID") == _OF_LEADS:
            listed += 1
            stage = _stage(path, line, row, found, has_meanings=bool({"SEMANTICS", "EXTRA"} & place.keys()))
            found[stage.code] = stage
    if not listed:
        said = f"expected the stages of leads, whose ENTITY_ID is {_OF_LEADS}"
        raise _bad(path, None, "ENTITY_ID", Fault.WRONG_FILE, said)
    try:
        return LeadStages(stages=tuple(found.values()))
    except InvalidValue as error:
        raise_alone(_bad(path, None, "SEMANTICS", Fault.UNKNOWN_STAGE, f"expected {error.expected}"))


def _known(names: Sequence[str]) -> int:
    return sum(name in _COLUMNS for name in names)


def _stage(
    path: Path, line: int, row: Mapping[str, str], found: Mapping[StageCode, Stage], *, has_meanings: bool
) -> Stage:
    code = StageCode(row.get("STATUS_ID", ""))
    known = found.get(code)
    if known is None and not has_meanings:
        raise _bad(
            path,
            line,
            "STATUS_ID",
            Fault.UNKNOWN_STAGE,
            "expected a column SEMANTICS for stages that the CRM does not have",
        )
    means = _meaning(path, line, row) if has_meanings or known is None else known.semantics
    if known is not None and known.semantics is not means:
        said = f"expected the meaning that the stage {code!r} has in the CRM"
        raise _bad(path, line, "SEMANTICS", Fault.UNKNOWN_STAGE, said)
    try:
        name = row.get("NAME")
        if known is not None:
            return evolve(known, name=name or known.name)
        return Stage(code=code, name=name, semantics=means)
    except InvalidValue as error:
        field = "NAME" if error.field.endswith("name") else "STATUS_ID"
        raise_alone(_bad(path, line, field, Fault.INVALID_VALUE, f"expected {error.expected}"))


def _meaning(path: Path, line: int, row: Mapping[str, str]) -> StageSemantics:
    """What a stage means: the list says nothing of those in process, but in its newer part."""
    more = read_dump(row.get("EXTRA", "")) or [{}]
    word = row.get("SEMANTICS") or (field_of(more[0], "SEMANTICS") if isinstance(more[0], dict) else None) or "P"
    means = _MEANINGS.get(str(word).upper())
    if means is None:
        raise _bad(
            path, line, "SEMANTICS", Fault.UNKNOWN_STAGE, "expected S, F or nothing: success, failure, in process"
        )
    return means


def _bad(path: Path, line: int | None, field: str | None, code: Fault, message: str) -> BadFile:
    return BadFile(BadRow(str(path), line, field, code.value, message))
