"""Every field of a CRM in the formats: `crm.json` both ways, the CSV files as far as docs/spec/import.md says."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import Names, read_activities, read_leads, write_crm
from crmcore.adapters.document import dump_crm, load_crm
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import ContactPoints, CustomFields
from crmcore.testing.contracts.seeds import SEEDS, busy_crm
from crmcore.testing.field_paths import FieldPath, changed, differing, field_paths, loss_of

#: The parts of a CRM that CSV files show.
SHEETS = ("leads", "deals", "contacts", "companies", "activities", "bindings")

#: What no CSV file has, by a part of its name (docs/spec/import.md); everything else is in one.
NOT_WRITTEN: Mapping[str, str] = {
    ".semantics": "the stage says it",
    "leads.Lead.deal_id": "a link to a deal",
    "activities.Activity.unbound": "what was taken away by hand is in crm.json",
}

#: The custom fields of the seed as text, which is how all of them come back.
CUSTOM = {
    "UF_CRM_UF_INT": "-1",
    "UF_CRM_UF_DECIMAL": "1000",
    "UF_CRM_UF_BOOL": "N",
    "UF_CRM_UF_YES": "Y",
    "UF_CRM_UF_DATE": "2024-02-29",
    "UF_CRM_UF_INSTANT": "2025-12-31T20:33:04.000567+00:00",
    "UF_CRM_UF_LIST": "a,,b",
}


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_document_has_every_field(seed: str) -> None:
    """What is loaded again is what was exported, field by field."""
    given = SEEDS[seed]()

    assert differing(load_crm(dump_crm(given)), given) == []


def _written(image: CrmImage, folder: Path) -> list[str]:
    return [
        path.read_text(encoding="utf-8") for path in write_crm(image, Names(stages={}, sources={}, persons={}), folder)
    ]


PATHS: Mapping[str, FieldPath] = {
    str(path): path
    for path in field_paths(CrmImage)
    if path.part in SHEETS and len(path.steps) > 1 and path.steps[1].owner.__name__ != "Tombstone"
}


@cache
def _alone(part: str) -> tuple[CrmImage, list[str]]:
    """The records of one part, what activities are bound to besides, and the files of them."""
    whole = busy_crm()
    parts: dict[str, Any] = {part: getattr(whole, part)}
    if part in ("activities", "bindings"):
        parts |= {"activities": whole.activities, "bindings": whole.bindings}
    image = CrmImage(**parts)
    with TemporaryDirectory() as folder:
        return image, _written(image, Path(folder))


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("name", PATHS)
def test_a_csv_file_shows_every_field(name: str, tmp_path: Path) -> None:
    """A record that has lost a field is written otherwise, but for what import.md names."""
    path = PATHS[name]
    image, whole = _alone(path.part)
    shown = _written(changed(path, image, loss_of), tmp_path) != whole

    assert shown is not any(each in name for each in NOT_WRITTEN)


@pytest.mark.rule("IMPORT-1")
def test_leads_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    """Every field but links; custom fields come back as text, contact points by column."""
    image = busy_crm()
    _written(image, tmp_path)
    read = read_leads(tmp_path / "leads.csv", stages=image.stages, unlinked=True)
    expected = [_as_read(lead) for lead in image.leads.values() if isinstance(lead, Lead)]

    assert (read.bad_rows, read.skipped_rows) == ((), ())
    assert [
        name for one, other in zip(read.leads, expected, strict=True) for name in differing(one, other, "lead")
    ] == []


def _as_read(lead: Lead) -> Lead:
    points = sorted(lead.contact_points, key=lambda point: _COLUMNS.index((point.kind, point.type)))
    custom = CustomFields(CUSTOM if lead.custom else {})
    return evolve(
        lead, contact_id=None, company_id=None, deal_id=None, contact_points=ContactPoints(points), custom=custom
    )


#: The contact points of the seed in the order of the columns.
_COLUMNS = [("phone", "MOBILE"), ("website", "OTHER"), ("email", "WORK"), ("email", "HOME"), ("messenger", "TELEGRAM")]


@pytest.mark.rule("IMPORT-1")
def test_activities_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    """Every field but what was taken away by hand, bound to the leads that the file of leads has."""
    image = busy_crm()
    _written(image, tmp_path)
    leads = [id for id, lead in image.leads.items() if isinstance(lead, Lead)]
    read = {each.id: (each, refs) for each, refs in read_activities(tmp_path / "activities.csv", leads).activities}

    assert read
    for id, (activity, refs) in read.items():
        stored = image.activities[id]
        assert isinstance(stored, Activity)
        assert differing(activity, evolve(stored, unbound=frozenset()), "activity") == []
        assert refs == {ref for ref in image.bindings[id] if ref.kind is Kind.LEAD}
