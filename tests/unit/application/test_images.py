"""A whole CRM that is read while it is written down: the same files, and one page at a time in memory."""

import tracemalloc
from pathlib import Path

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.cli.work.out_folder import write_files
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import export_of, image_of, load_image, read_image
from crmcore.application.pages import PAGE
from crmcore.domain.model.errors import InvalidValue, RecordFault
from crmcore.domain.model.ids import ActivityId, ContactId, DealId, Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.values import CustomFields
from crmcore.testing import ADMIN, MANAGER, TestCrm, accepted
from tests.building import without_activity

NAMES = Names(stages={}, sources={}, persons={})


def _files(folder: Path, image: CrmImage) -> dict[str, bytes]:
    write_files(folder, image, NAMES)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("fields", [{}, {"UF_CRM_LATE": "a"}], ids=["the same columns", "a column that comes late"])
def test_the_files_are_those_of_the_image(tmp_path: Path, fields: dict[str, str]) -> None:
    """Also where the last of many leads has a column that no lead before it has."""
    scene = TestCrm.classic()
    scene.leads(PAGE + 1, activities=1)
    scene.lead(custom=CustomFields(fields))
    accepted(scene.crm.delete_lead(ADMIN, LeadId(2)))
    accepted(scene.crm.switch_to_simple(ADMIN, key="k"))
    with read_image(scene.store) as image:
        read = _files(tmp_path / "read", image)
    assert read == _files(tmp_path / "held", image_of(scene.store))
    assert (b"UF_CRM_LATE" in read["leads.csv"]) is bool(fields)


def _most(leads: int) -> int:
    """How much memory it takes to go through all leads of such a CRM."""
    scene = TestCrm.classic()
    scene.leads(leads)
    with read_image(scene.store) as image:
        tracemalloc.start()
        assert sum(1 for _ in image.leads.items()) == leads
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def test_many_leads_take_no_more_memory_than_few() -> None:
    """The store hands out pages, and each goes before the next but one comes."""
    assert _most(4 * PAGE) < 1.2 * _most(2 * PAGE)


@pytest.mark.rule("PERM-6")
def test_who_may_not_export_gets_nothing() -> None:
    """The refusal is that of `Crm.export`."""
    scene = TestCrm.classic()
    assert export_of(scene.store, scene.roles, MANAGER) == scene.crm.export(MANAGER)
    with pytest.raises(InvalidValue, match=r"^actor: "):
        export_of(scene.store, scene.roles, 0)  # type: ignore[arg-type]  # nobody


@pytest.mark.parametrize("gone", [1, 3])
def test_an_activity_that_is_bound_and_not_there_is_a_fault_of_the_export(gone: int) -> None:
    """Between others or behind the last: what is written without it would look complete."""
    with pytest.raises(RecordFault) as caught:
        image_of(InMemoryStore(without_activity(gone)))
    assert (caught.value.ref, caught.value.code) == (Ref(Kind.ACTIVITY, ActivityId(gone)), "missing")


def test_a_table_that_is_read_is_a_mapping() -> None:
    """It has a length, and finds an id or says that there is none."""
    with read_image(InMemoryStore.classic()) as image:
        assert (len(image.pipelines), image.pipelines[0].id) == (1, 0)  # type: ignore[index]  # the default pipeline
        with pytest.raises(KeyError):
            image.leads[LeadId(1)]


@pytest.mark.parametrize("bound", [True, False])
def test_an_image_that_is_loaded_is_the_image_again(bound: bool) -> None:
    """Also where somebody has unbound an activity since the conversion, or damage has left none of its bindings."""
    scene = TestCrm.classic()
    scene.leads(3, activities=1)
    accepted(scene.crm.bind_activity(ADMIN, ActivityId(1), Ref(Kind.LEAD, LeadId(2))))
    accepted(scene.crm.switch_to_simple(ADMIN, key="k"))
    for ref in (Ref(Kind.DEAL, DealId(1)), Ref(Kind.CONTACT, ContactId(2))):
        accepted(scene.crm.unbind_activity(ADMIN, ActivityId(1), ref))
    accepted(scene.crm.switch_to_classic(ADMIN))
    scene.lead()
    accepted(scene.crm.switch_to_simple(ADMIN, key="again"))
    image = scene.image() if bound else evolve(scene.image(), bindings={})
    copy = InMemoryStore()
    load_image(copy, image)
    assert image_of(copy) == (image if bound else evolve(image, bindings=dict.fromkeys(image.activities, frozenset())))
