"""One portal gives one CRM, in whichever form and language its files are, whole or in halves that overlap."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from tests.portal.forms import FORMS, mapping_of
from tests.portal.records import RECORDS
from tests.ready import CLASSIC, lay

LEADS = RECORDS["leads"]
CALLED = ("stages", "add", "CALLED", "--means", "in process", "--name", "Called back")
LARGE = ("pipelines", "add", "Large deals")
ANSWERS = ("older answers", "newer answers")
#: What an export cannot carry, or has as a word where an answer has a code.
NAMED = ("utm", "origin", "honorific")

Rows = Sequence[Mapping[str, str]]


@pytest.fixture
def imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str, Sequence[Rows]], bytes]:
    """Imports leads part by part, each with its activities and all clients, and gives the bytes of the `crm.json`."""

    def call(*words: object) -> None:
        code = main([str(word) for word in words])
        assert code == 0, capsys.readouterr().err

    def parts(name: str, leads: Sequence[Rows]) -> bytes:
        lay(tmp_path / "crm.db", CLASSIC, CALLED, LARGE)
        store = ("--store", tmp_path / "crm.db")
        (tmp_path / "mapping.toml").write_text(mapping_of(), encoding="utf-8")
        spoken = ("--language", name[-2:]) if name.startswith("export") else ()
        for number, part in enumerate(leads):
            ids = {lead["ID"] for lead in part}
            done = [each for each in RECORDS["activities"] if each["LEAD_ID"] in ids]
            words: list[object] = []
            for kind, rows in {**RECORDS, "leads": part, "activities": done}.items():
                path = tmp_path / f"{kind}-{number}"
                path.write_bytes(FORMS[name](kind, rows))
                words += [path] if kind == "leads" else [f"--{kind}", path]
            call("import", *words, "--mapping", tmp_path / "mapping.toml", *spoken, *store)
        call("export", "--out", tmp_path / "out", *store)
        return (tmp_path / "out" / "crm.json").read_bytes()

    return parts


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    """What each form has given so far."""
    return {}


def _without(lead: dict[str, Any]) -> dict[str, Any]:
    """A lead without what is named."""
    left = {name: value for name, value in lead.items() if name not in NAMED}
    name = {part: text for part, text in left.get("name", {}).items() if part not in NAMED}
    return {**left, "name": name} if name else {key: value for key, value in left.items() if key != "name"}


@pytest.mark.rule("IMPORT-1.1")
@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_crm(
    name: str, imported: Callable[[str, Sequence[Rows]], bytes], whole: dict[str, bytes]
) -> None:
    """Byte for byte, but for what is named of exports beside answers."""
    found = whole[name] = imported(name, [LEADS])
    like = ANSWERS[0] if name in ANSWERS else next(iter(FORMS))
    first = whole.setdefault(like, found)
    assert found == first
    document, other = json.loads(found), json.loads(whole[next(iter(FORMS))])
    assert {kind: len(document[kind]) for kind in RECORDS} == {kind: len(rows) for kind, rows in RECORDS.items()}
    linked = [lead for lead in document["leads"] if lead.get("contact_id") or lead.get("company_id")]
    assert len(linked) == sum(bool({"CONTACT_ID", "COMPANY_ID"} & lead.keys()) for lead in LEADS) > 0
    assert [_without(lead) for lead in document["leads"]] == [_without(lead) for lead in other["leads"]]
    assert {**document, "leads": []} == {**other, "leads": []}
    assert (document["leads"] == other["leads"]) is (name not in ANSWERS)


@pytest.mark.slow
@pytest.mark.rule("IMPORT-1.1")
@pytest.mark.parametrize("name", FORMS)
def test_halves_that_overlap_give_what_the_whole_gives(
    name: str, imported: Callable[[str, Sequence[Rows]], bytes], whole: dict[str, bytes]
) -> None:
    """The leads that both halves have are known by the second one."""
    halves = imported(name, [LEADS[:40], LEADS[20:]])
    assert halves == whole[name]
