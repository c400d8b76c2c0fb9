"""An import in parts: hidden until one commit, which writes what one step would have written, or nothing (IMPORT-3)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.application.imports import staging_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.errors import Conflict, StoreBusy
from crmcore.domain.model.ids import MATCHED, ActivityId, ContactId, Kind, LeadId, Ref, StageCode
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.model.values import Address, ContactPoint, ContactPoints, CustomFields, PersonName, PointKind
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import match_keys
from crmcore.ports.parts import StagesImports, Staging
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Needs, Opened, Stores, StoreTests, all_versions
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from crmcore.testing.field_paths import differences

__all__ = ["StagingLaws"]

_KEY = "leads of May"
_MAIL = ContactPoint(kind=PointKind.EMAIL, type="WORK", value="May@example.com")
_PHONE = ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+32 2 555 01 10")
_KEYS = match_keys((_MAIL, _PHONE), MATCHED)
#: Made of plain numbers and codes.
_Lead: Any = Lead
_Company: Any = Company
_Contact: Any = Contact
_Activity: Any = Activity
_Stage: Any = Stage
_OTHER_STAGES = LeadStages(
    stages=(*DEFAULT_LEAD_STAGES.stages, _Stage(code="LATER", name="Later", semantics=StageSemantics.IN_PROCESS))
)


class StagingLaws(StoreTests):
    """A store that `StagesImports` hides the parts until their commit; those of any other are held in memory."""

    @pytest.mark.rule("IMPORT-3")
    def test_parts_become_what_one_step_would_have_written(self, crmcore_stores: Stores) -> None:
        """Records with every link, bindings, versions, match keys and ids are those of a single import."""
        given = _crm()
        staged, at_once = Scene(crmcore_stores(given)), Scene(InMemoryStore(given))
        before = [_versions(each.store) for each in (staged, at_once)]
        done = accepted(staged.crm.import_in_parts(ADMIN, _KEY, _parts(staged)))
        assert done == accepted(at_once.crm.import_records(ADMIN, _whole(at_once)))
        assert differences(staged.image(), at_once.image()) == []
        moved, expected = (_moved(each.store, was) for each, was in zip((staged, at_once), before, strict=True))
        assert moved == expected, "versions have moved otherwise"
        assert _found(staged.store) == _found(at_once.store), "an address leads to others"
        for kind in (Kind.LEAD, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY):
            assert staged.store.reserve(kind, 1) == at_once.store.reserve(kind, 1), "an id may come again"

    @pytest.mark.rule("IMPORT-3")
    def test_nothing_of_a_part_is_seen_before_the_commit(self, crmcore_stores: Stores) -> None:
        """No page, no version, no snapshot and no look-up by an address shows any of it."""
        scene = Scene(crmcore_stores(_crm()))
        before = _seen(scene)

        def parts() -> Iterator[ImportRecords]:
            for part in _parts(scene):
                yield part
                assert _seen(scene) == before, "a part is seen before it is committed"

        accepted(scene.crm.import_in_parts(ADMIN, _KEY, parts()))
        assert _seen(scene) != before

    @pytest.mark.rule("IMPORT-3", "SWITCH-4")
    @pytest.mark.parametrize("moved", ["client", "lead", "bound", "id", "mode", "stages"])
    def test_parts_that_have_gone_stale_are_refused_whole(self, moved: str, crmcore_stores: Stores) -> None:
        """What one of them was decided on has moved, so that none of them is written."""
        scene = Scene(crmcore_stores(_crm()))

        def parts() -> Iterator[ImportRecords]:
            yield from _parts(scene)
            _move(scene, moved)
            after.append((scene.image(), all_versions(scene.store)))

        after: list[Any] = []
        with pytest.raises(StoreBusy):
            scene.crm.import_in_parts(ADMIN, _KEY, parts())
        assert differences(scene.image(), after[0][0]) == [], "a stale import has written"
        assert all_versions(scene.store) == after[0][1], "a stale import has moved versions"

    @pytest.mark.rule("PERM-2", "IMPORT-3")
    def test_a_no_to_all_parts_writes_none(self, crmcore_stores: Stores) -> None:
        """`confirm` is asked once, at the commit; the parts are there after a no, and go when they are discarded."""
        scene = Scene(crmcore_stores(_crm()))
        before, staging = _seen(scene), _staging(scene.store)
        staging.add(decided(scene, _whole(scene)), "all")
        with pytest.raises(Conflict) as conflict:
            staging.commit(confirm=lambda: False)
        assert conflict.value.stale == (Ref(Kind.RIGHTS, 0),)
        assert (_seen(scene), staging.notes()) == (before, ("all",))
        staging.discard()
        assert (_seen(scene), staging.notes()) == (before, ())

    @pytest.mark.rule("IMPORT-3")
    def test_an_import_that_was_killed_goes_on_where_it_was(
        self, crmcore_stores: Stores, crmcore_opened: Opened
    ) -> None:
        """The next process finds the parts and nothing of them in the CRM; the same import needs only the rest."""
        scene = Scene(crmcore_stores(_crm()))
        if not isinstance(scene.store, StagesImports):
            pytest.skip("the store has no `staging`: what memory held of an import is gone with the process")
        before, parts = _seen(scene), _parts(scene)

        def killed() -> Iterator[ImportRecords]:
            yield from parts[:2]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scene.crm.import_in_parts(ADMIN, _KEY, killed())
        left = Scene(crmcore_opened(scene.store))
        assert (_seen(left), _keys(left.store)) == (before, (_KEY,))
        staged = _staging(left.store).notes()
        assert len(staged) == 3, "the beginning and two parts"
        at_once = Scene(InMemoryStore(_crm()))
        assert accepted(left.crm.import_in_parts(ADMIN, _KEY, parts)) == accepted(
            at_once.crm.import_records(ADMIN, _whole(at_once))
        )
        assert differences(left.image(), at_once.image()) == []
        assert _keys(left.store) == ()

    @pytest.mark.rule("IMPORT-3", "SWITCH-4")
    def test_a_commit_of_parts_that_is_cut_off_is_whole_or_nothing(
        self, crmcore_stores: Stores, crmcore_needs: Needs
    ) -> None:
        """Whatever the database was doing, all of the parts are in the CRM afterwards or none."""
        crmcore_needs("interrupted")
        scene = Scene(crmcore_stores(_crm()))
        staging = _staging(scene.store)
        staging.add(decided(scene, _whole(scene)), "all")
        before, at_once = _seen(scene), Scene(InMemoryStore(_crm()))
        accepted(at_once.crm.import_records(ADMIN, _whole(at_once)))
        with self.interrupted(scene.store, 1), pytest.raises(BaseException):  # noqa: B017  # the host's own
            staging.commit()
        assert _seen(scene) == before or differences(scene.image(), at_once.image()) == []


def _staging(store: Store) -> Staging:
    return staging_of(store, _KEY)


def _keys(store: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = store.stagings()
    return found


def _crm() -> CrmImage:
    """A CRM in Classic with a client, an active lead and a closed one."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    scene.add_contact("Carla")
    scene.add(title="Active", contact_points=(_PHONE,))
    scene.add(title="Closed", stage=StageCode("JUNK"))
    scene.add(title="Equal")
    return scene.image()


def _lead(id: int, stage: str = "NEW", **fields: Any) -> Any:
    meaning = StageSemantics.FAILURE if stage == "JUNK" else StageSemantics.IN_PROCESS
    return _Lead(id=id, responsible=7, stage=stage, semantics=meaning, **fields)


def _parts(scene: Scene) -> tuple[ImportRecords, ...]:
    """Clients, leads and activities that lead to what is there and to what earlier parts bring; an update; an equal."""
    when = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    company = _Company(id=71, responsible=7, title="May & Co", contact_points=(_PHONE,), custom={"UF_SIZE": 3})
    contact = _Contact(id=72, responsible=7, name=PersonName(first="Ann"), company_id=71, contact_points=(_MAIL,))
    linked = _lead(
        81,
        title="Desks",
        contact_id=72,
        company_id=71,
        contact_points=(_MAIL, _PHONE),
        address=Address(city="Ghent"),
        custom=CustomFields({"UF_NEW": True}),
        created_at=when,
    )
    known = _lead(82, "JUNK", title="Old", contact_id=1, contact_points=(_MAIL,))
    equal, there = scene.lead(LeadId(3)), scene.lead(LeadId(1))
    update = evolve(there, title="Changed", contact_id=ContactId(72), contact_points=ContactPoints((_MAIL,)))
    activities = (
        (_Activity(id=91, kind="call", created_at=when), frozenset({Ref(Kind.LEAD, 81), Ref(Kind.LEAD, 3)})),
        (_Activity(id=92, subject="Write"), frozenset({Ref(Kind.LEAD, 82), Ref(Kind.LEAD, 2)})),
    )
    return (
        ImportRecords(companies=(company,)),
        ImportRecords(contacts=(contact,)),
        ImportRecords(leads=(linked, known, equal)),
        ImportRecords(updates=((update, scene.version(LeadId(1))),)),
        ImportRecords(activities=activities[:1]),
        ImportRecords(activities=(*activities, activities[0])),
    )


def _whole(scene: Scene) -> ImportRecords:
    names = ("companies", "contacts", "leads", "updates", "activities")
    parts = _parts(scene)
    return ImportRecords(**{name: tuple(each for part in parts for each in getattr(part, name)) for name in names})


def _move(scene: Scene, what: str) -> None:
    """Let what the parts were decided on change."""
    if what == "client":
        read = accepted(scene.crm.contact(ADMIN, ContactId(1)))
        accepted(scene.crm.edit_contact(ADMIN, ContactId(1), read.version, comments="moved"))
    elif what == "lead":
        scene.edit(LeadId(1), comments="moved")
    elif what == "bound":
        scene.edit(LeadId(2), comments="moved")
    elif what == "id":
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(_lead(82, title="Other"),))))
    elif what == "mode":
        scene.begin()
    else:
        read_stages = scene.crm.lead_stages()
        accepted(scene.crm.define_lead_stages(ADMIN, _OTHER_STAGES, read_stages.version))


def _seen(scene: Scene) -> Sequence[Any]:
    """Everything that reads of a store show."""
    query = Query(leads=(LeadId(1), LeadId(81)), activities=(ActivityId(91),), match_keys=_KEYS)
    snapshot = scene.store.snapshot(query)
    looked = (dict(snapshot.leads), dict(snapshot.activities), snapshot.read.versions)
    return image_of(scene.store), all_versions(scene.store), looked, _found(scene.store)


def _found(store: Store) -> dict[Any, Any]:
    """Who is found by an address."""
    return dict(store.snapshot(Query(match_keys=_KEYS)).matches)


def _versions(store: Store) -> dict[Ref, int]:
    return {Ref(kind, id): version for kind, each in all_versions(store).items() for id, version in each}


def _moved(store: Store, before: dict[Ref, int]) -> dict[Ref, int]:
    """By how much each version has moved; a store that was filled step by step begins with others."""
    return {ref: version - before.get(ref, 0) for ref, version in _versions(store).items()}
