"""Answers of the REST interface become tables: their records are found, and what is no such answer is refused."""

import json
import sys
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.answers import read_answers
from crmcore.adapters.bitrix24_csv.formats.table import Form, Source

ONE, TWO, THREE = ({"ID": id, "TITLE": f"title {id}"} for id in ("1", "2", "3"))


def _ids(document: Any) -> list[str]:
    return [cells[0] for _, cells in read_answers(Source("leads.json"), json.dumps(document), "utf-8").rows]


def _refusal(text: str) -> str:
    with pytest.raises(BadFile) as caught:
        read_answers(Source("leads.json"), text, "utf-8")
    return str(caught.value)


def test_records_become_rows_below_the_names_of_all_their_fields() -> None:
    """Contact points come by kind and behind the rest, whatever order the answer has; a number stands for the line."""
    records = [{"ID": "7", "EMAIL": [], "PHONE": []}, {"ID": 8, "NAME": "Ann", "WEB": ""}]
    table = read_answers(Source("leads.json"), json.dumps(records), "utf-16")
    assert table.form == Form("JSON", "utf-16")
    assert (table.heading_line, table.may_have_nul) == (None, True)
    assert table.names == ["ID", "NAME", "PHONE", "WEB", "EMAIL"]
    assert table.rows == [(1, ["7", "", "", "", ""]), (2, ["8", "Ann", "", "", ""])]


@pytest.mark.parametrize(
    "value, cell",
    [
        (None, ""),
        ("", ""),
        ([], ""),
        ({}, ""),
        (True, "Y"),
        (False, "N"),
        (0, "0"),
        ("plain", "plain"),
        (["Città", 1], '["Città", "1"]'),
        ({"VALUE": None}, '{"VALUE": null}'),
        ("'=1+1", "''=1+1"),
        ("'90s", "'90s"),
        ('="007"', '\'="007"'),
        (' ="007"', '\' ="007"'),
        ("=1+1", "=1+1"),
    ],
)
def test_a_value_stands_in_a_cell_as_a_csv_file_would_have_it(value: object, cell: str) -> None:
    """Nothing is an empty cell, and a text that only looks marked gets the mark that the reader takes away."""
    (row,) = read_answers(Source("leads.json"), json.dumps([{"TITLE": value}]), "utf-8").rows
    assert row == (1, [cell])


@pytest.mark.rule("CONV-8")
def test_a_number_is_kept_digit_by_digit() -> None:
    """With the zeros at its end, and however many digits it has."""
    table = read_answers(Source("leads.json"), '[{"a":1.50,"b":12345678901234567.89,"c":[2.0]}]', "utf-8")
    assert table.rows == [(1, ["1.50", "12345678901234567.89", '["2.0"]'])]


@pytest.mark.rule("STAGE-2")
@pytest.mark.parametrize("field", ["STATUS_ID", "STAGE_ID", "statusId", "stageId"])
def test_a_stage_that_is_null_is_unknown(field: str) -> None:
    """An empty one is that of a lead that nobody moved."""
    table = read_answers(Source("leads.json"), json.dumps([{field: None, "TITLE": None}, {field: ""}]), "utf-8")
    assert table.rows == [(1, ["null", ""]), (2, ["", ""])]


ANSWERS: dict[str, tuple[Any, list[str]]] = {
    "a list of records": ([ONE, TWO], ["1", "2"]),
    "one answer": ({"result": [ONE, TWO], "total": 2}, ["1", "2"]),
    "answers that say no total": ([{"result": [ONE]}, {"result": [TWO]}], ["1", "2"]),
    "an answer with an error that says nothing": ({"result": [ONE], "error": ""}, ["1"]),
    "one record by its id": ({"result": ONE}, ["1"]),
    "one record of the newer method": ({"result": {"item": {"id": 5}}}, ["5"]),
    "a list under a name": ({"result": {"items": [{"id": 5}, {"id": 6}]}}, ["5", "6"]),
    "a call of a batch": ({"result": {"result_error": [], "result": {"a": [ONE]}}}, ["1"]),
    "calls of a batch in a list": ({"result": {"result_error": {}, "result": [[ONE], [TWO, THREE]]}}, ["1", "2", "3"]),
    "a batch that a library unpacked": ({"result_error": [], "result": {"a": [ONE], "b": {"item": TWO}}}, ["1", "2"]),
    "batches": ([{"result": {"result_error": [], "result": [[each]]}} for each in (ONE, TWO)], ["1", "2"]),
    "a batch that says totals": (
        {"result": {"result_error": [], "result": {"a": [ONE]}, "result_total": {"a": 1}, "result_next": []}}, ["1"]),
    "a total of 19 digits": ({"result": [ONE], "total": int("1" * 19)}, ["1"]),
}  # fmt: skip


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("form", ANSWERS)
def test_the_records_are_found_in_each_form_of_an_answer(form: str) -> None:
    """One page or several, one record, and several calls that were made in one."""
    document, ids = ANSWERS[form]
    assert _ids(document) == ids


def test_an_item_that_is_no_record_is_none() -> None:
    """It needs an id that is one value."""
    assert _ids({"result": {"item": {"id": None}, "items": [ONE]}}) == ["1"]


NO_LIST = (
    "expected an answer of the REST interface that lists records (under result), or a list of such answers "
    "(wrong_format)"
)
ERROR = "the interface answered with an error; ask it again (wrong_format)"
LIMITED = "the interface answered with an error (QUERY_LIMIT_EXCEEDED); ask it again (wrong_format)"
MISSING = (
    "records are in it: fetch the other pages and put all of them into one list, or import only these (partial, "
    "--partial) (partial_file)"
)
DAMAGED = "expected JSON, since the file begins like it; something is missing or extra here (wrong_format)"
REFUSED = {
    '{"result":[{"ID":"1"}],"total":3,"next":2}': f": 1 of 3 {MISSING}",
    '{"result":[{"ID":"1"}],"total":1,"next":2}': f": 1 of 3 {MISSING}",
    f'{{"result":[{{"id":1}}],"total":{"1" * 18}}}': f": 1 of {'1' * 18} {MISSING}",
    '{"result":{"result_error":[],"result":{"a":[{"ID":"1"}]},"result_total":{"a":2}}}': f": 1 of 2 {MISSING}",
    '{"result":{"result_error":[],"result":[[{"ID":"1"}]],"result_next":[50]}}': f": 1 of 51 {MISSING}",
    "[]": ": expected at least one record (empty_file)",
    "[{}]": ": expected at least one record (empty_file)",
    '[{"ID":"1","STATUS_ID":"NEW"},{"ID":"2"}]': (
        ", STATUS_ID: expected this field in each record, since others have it; record 2 has none: put records of one "
        "kind, fetched with the same fields, into one file (wrong_format)"
    ),
    '[{"ID":"1","ID":"2"}]': ": expected each key of an object once (wrong_format)",
    '[\n{"ID":"1"': f", line 2: {DAMAGED}",
    '{"result":[{"ID":"1"}]}\n{"result":[]}': (
        ", line 2: expected one JSON document, found more behind it: put all records into one list, [ …, … ] "
        "(wrong_format)"
    ),
    '[{"ID":NaN}]': f": {NO_LIST}",
    "[1,2]": f": {NO_LIST}",
    '{"result":null}': f": {NO_LIST}",
    '{"result":{"item":{"TITLE":"a"}}}': f": {NO_LIST}",
    '{"result":{"a":[{"ID":"1"}],"b":[{"ID":"2"}]}}': f": {NO_LIST}",
    '{"result":[["1"]]}': f": {NO_LIST}",
    '{"error":"QUERY_LIMIT_EXCEEDED","result":[]}': f": {LIMITED}",
    '[{"result":[]},{"error":"QUERY_LIMIT_EXCEEDED"}]': f": {LIMITED}",
    '{"error":null}': f": {ERROR}",
    '{"error":5}': f": {ERROR}",
    '{"error":["A"]}': f": {ERROR}",
    '{"error":"Ann Smith"}': f": {ERROR}",
    '{"result":{"result":[],"result_error":{"a":{"error":"QUERY_LIMIT_EXCEEDED"}}}}': f": {LIMITED}",
    '{"result":{"result":[],"result_error":[{"error":"QUERY_LIMIT_EXCEEDED"}]}}': f": {LIMITED}",
    '{"result":{"result":[],"result_error":["error"]}}': f": {ERROR}",
    '{"result":{"result":[],"result_error":{"a":{"code":1}}}}': f": {ERROR}",
    '{"result":{"result":[],"result_error":true}}': f": {ERROR}",
    '{"result":{"result":"a","result_error":[]}}': ": expected at least one record (empty_file)",
    '{"result":{"result":[5],"result_error":[],"result_total":"5"}}': f": {NO_LIST}",
    '{"event":"ONCRMLEADADD","data":{"FIELDS":{"ID":"1"}}}': (
        ": this tells of an event and names the record alone: fetch it (crm.lead.get), and give that answer "
        "(wrong_format)"
    ),
    '{"format":"crmcore.crm/1"}': (
        ": this is a whole CRM as `crmcore export` writes it: `crmcore import FILE --store URL` imports it "
        "(wrong_format)"
    ),
}


@pytest.mark.rule("IMPORT-1", "DATA-2")
@pytest.mark.parametrize("text", REFUSED)
def test_another_document_is_refused_for_what_it_is(text: str) -> None:
    """The report says what is wrong or missing, and what to do."""
    assert _refusal(text) == f"leads.json{REFUSED[text]}"


def test_a_list_that_is_too_deep_is_refused_however_deep_it_is() -> None:
    """The reader of JSON gives up at another depth than its writer."""
    limit = sys.getrecursionlimit()
    said = set()
    for depth in (*range(limit - 120, limit), 100_000):
        try:
            read_answers(Source("leads.json"), f'[{{"A":{"[" * depth}{"]" * depth}}}]', "utf-8")
        except BadFile as error:
            said.add(str(error))
    assert said == {f"leads.json: {NO_LIST}"}


def test_one_page_is_taken_on_request() -> None:
    """Whoever wants these records alone says so."""
    table = read_answers(Source("leads.json", partial=True), '{"result":[{"ID":"1"}],"total":3}', "utf-8")
    assert table.rows == [(1, ["1"])]
