"""Reading answers of the REST interface: one page, or a list of pages, of `crm.lead.list` or `crm.item.list`."""

import json
import re
from typing import Any, NoReturn

from crmcore.adapters.bitrix24_csv.cells import read_whole, unescape
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Form, Source, Table, bad_file
from crmcore.adapters.bitrix24_csv.words.columns import KIND_ORDER, POINT_PREFIXES
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_answers"]

#: Where the contact points of a kind stand among the others.
_ORDER = {POINT_PREFIXES[kind]: place for kind, place in KIND_ORDER.items()}
_EXPECTED = "expected an answer of the REST interface that lists records (under result), or a list of such answers"
#: The fields that say which stage a record is in; every answer about leads has one of them in each record.
_STAGES = frozenset({"STATUS_ID", "STAGE_ID", "statusId", "stageId"})
#: An error of the interface goes by such a name.
_ERROR = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")


class _Twice(ValueError):
    """An object has one key twice."""


def read_answers(source: Source, text: str, encoding: str) -> Table:
    """The records of one answer or several as rows; a record's number stands for its line.

    Raises `BadFile` for another document, for an error that was answered, and for a list of which pages are missing.
    """
    records, total = _records(source, _parsed(source, text))
    ids = {str(found) for record in records if (found := record.get("ID", record.get("id"))) is not None}
    if total is not None and len(ids) < total and not source.partial:
        said = (
            f"{len(ids)} of {total} records are in it: fetch the other pages and put all of them into one list, or "
            "import only these (partial, --partial)"
        )
        raise bad_file(source.file, None, Fault.PARTIAL_FILE, said)
    # The keys of an object have no order, and each page has those of its records.
    names = sorted(dict.fromkeys(name for record in records for name in record), key=lambda name: _ORDER.get(name, 0))
    if not names:
        raise bad_file(source.file, None, Fault.EMPTY_FILE, "expected at least one record")
    _check_stages(source, records, names)
    try:
        rows = [(number, _row(record, names)) for number, record in enumerate(records, 1)]
    except RecursionError:  # a list that could just be read may be too deep to be written
        raise_alone(bad_file(source.file, None, Fault.WRONG_FORMAT, _EXPECTED))
    return Table(Form("JSON", encoding), names, rows, None)


def _check_stages(source: Source, records: list[dict[str, Any]], names: list[str]) -> None:
    """Refuse records of which some lack the stage that others have: those are of another list, or say less."""
    field = next((name for name in names if name in _STAGES), None)
    number = next((number for number, record in enumerate(records, 1) if not _STAGES & record.keys()), None)
    if field is not None and number is not None:
        said = (
            f"expected this field in each record, since others have it; record {number} has none: put records of one "
            "kind, fetched with the same fields, into one file"
        )
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said, field)


def _parsed(source: Source, text: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_number, object_pairs_hook=_object)
    except _Twice:
        raise_alone(bad_file(source.file, None, Fault.WRONG_FORMAT, "expected each key of an object once"))
    except json.JSONDecodeError as error:
        said = "expected JSON, since the file begins like it; something is missing or extra here"
        if error.msg == "Extra data":
            said = "expected one JSON document, found more behind it: put all records into one list, [ …, … ]"
        raise_alone(bad_file(source.file, error.lineno, Fault.WRONG_FORMAT, said))
    except (ValueError, RecursionError):
        raise_alone(bad_file(source.file, None, Fault.WRONG_FORMAT, _EXPECTED))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError


def _records(source: Source, found: Any) -> tuple[list[dict[str, Any]], int | None]:
    """The records of a document, and how many there are in all if it says so."""
    if isinstance(found, dict) and _batch(found) is not None:
        found = [found]
    if isinstance(found, list) and found and all(isinstance(each, dict) and _ANSWER & each.keys() for each in found):
        answers = [part for each in found for part in _of_batch(_batch(each)) or [each]]
        pages = [_page(source, each) for each in answers]
        totals = [total for _, total in pages if total is not None]
        return [record for records, _ in pages for record in records], max(totals, default=None)
    if isinstance(found, dict):
        return _page(source, found)
    return _listed(source, found), None


#: What an answer has, whether or not it came to something.
_ANSWER = frozenset({"result", "error"})


def _batch(answer: dict[str, Any]) -> dict[str, Any] | None:
    """What an answer to several calls in one holds: under `result`, where no library took it out."""
    inner = answer.get("result")
    return next((each for each in (inner, answer) if isinstance(each, dict) and "result_error" in each), None)


def _of_batch(batch: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The answers of several calls that were made in one, whose parts stand each for all of them."""
    if batch is None:
        return []
    if batch["result_error"]:
        first = next(iter(_by_call(batch["result_error"]).values()), None)
        return [first if isinstance(first, dict) and "error" in first else {"error": None}]
    parts = {"result": "result", "total": "result_total", "next": "result_next"}
    named = {name: _by_call(batch.get(part)) for name, part in parts.items()}
    return [{name: named[name].get(call) for name in named} for call in named["result"]]


def _by_call(part: Any) -> dict[Any, Any]:
    """What such a part says of each call, by its name or its number."""
    found = dict(enumerate(part)) if isinstance(part, list) else part
    return found if isinstance(found, dict) else {}


def _inside(result: dict[str, Any]) -> Any:
    """The list in an answer of the newer methods, or the one record that was asked for."""
    item = result.get("item", result)
    if isinstance(item, dict) and isinstance(item.get("ID", item.get("id")), str):
        return [item]
    lists = [each for each in result.values() if isinstance(each, list)]
    return lists[0] if len(lists) == 1 else result


def _page(source: Source, answer: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    if str(answer.get("format")).startswith("crmcore.crm/"):
        said = "this is a whole CRM as `crmcore export` writes it: `crmcore import FILE --store URL` imports it"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    if answer.get("error") or ("error" in answer and "result" not in answer):
        error = answer["error"]
        name = f" ({error})" if isinstance(error, str) and _ERROR.fullmatch(error) else ""
        raise bad_file(
            source.file, None, Fault.WRONG_FORMAT, f"the interface answered with an error{name}; ask it again"
        )
    if "event" in answer:
        said = "this tells of an event and names the record alone: fetch it (crm.lead.get), and give that answer"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    result = answer.get("result")
    if isinstance(result, dict):
        result = _inside(result)
    # `next` is where the next page begins, so that there is one more record at least; it comes without a total too.
    counts = [_count(answer.get("total"), 0), _count(answer.get("next"), 1)]
    return _listed(source, result), max((count for count in counts if count is not None), default=None)


def _count(value: Any, more: int) -> int | None:
    found = read_whole(value) if isinstance(value, str) and len(value) < 19 else None
    return None if found is None else found + more


def _listed(source: Source, found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, _EXPECTED)
    return found


def _row(record: dict[str, Any], names: list[str]) -> list[str]:
    # A stage that is null is unknown, like NaN in a CSV file; an empty one is that of a lead that nobody moved.
    return ["null" if name in _STAGES and record.get(name) is None else _cell(record.get(name)) for name in names]


def _cell(value: Any) -> str:
    """A value as a cell of a CSV file would have it; whole lists stay JSON, which the reader of cells knows."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    # A text that only looks as if it were marked for a spreadsheet gets the mark, which the reader takes away.
    return "'" + text if unescape(text) != text or text.lstrip().startswith('="') else text
