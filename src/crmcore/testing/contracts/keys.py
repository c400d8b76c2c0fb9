"""Keys and codes are compared letter by letter: what only looks alike is another one."""

import pytest

from crmcore.domain.model.ids import Kind, StageCode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import match_keys
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["KeyLaws"]

#: Keys that some collation of some database takes for one: case, accents, composition, ligatures, blanks, width.
ALIKE = ("key", "Key", "KEY", "key ", " key", "k\u00e9y", "ke\u0301y", "\uff4bey", "fi", "\ufb01", "ss", "\u00df")


class KeyLaws(StoreTests):
    """Keys are compared as they are written, and ordered by their characters."""

    @pytest.mark.rule("EDIT-1")
    def test_command_keys_that_look_alike_are_different_keys(self, crmcore_scene: Scene) -> None:
        """Each key makes a record of its own, and finds that one again; pages go by the characters."""
        made = {key: accepted(crmcore_scene.crm.add_lead(ADMIN, title="Once", key=key)) for key in ALIKE}
        found = {key: accepted(crmcore_scene.crm.add_lead(ADMIN, title="Once", key=key)) for key in ALIKE}

        assert len(set(made.values())) == len(ALIKE)
        assert found == made
        assert [entry.id for entry in crmcore_scene.store.page(Kind.COMMAND)] == sorted(ALIKE)

    @pytest.mark.rule("SWITCH-10")
    def test_switch_keys_that_look_alike_are_different_keys(self, crmcore_scene: Scene) -> None:
        """Each key begins a switch of its own; pages go by the characters."""
        epochs = []
        for key in ALIKE:
            epochs.append(crmcore_scene.begin(key=key).epoch)
            accepted(crmcore_scene.crm.cancel_switch(ADMIN))

        assert epochs == sorted(set(epochs))
        assert [entry.id for entry in crmcore_scene.store.page(Kind.SWITCH)] == sorted(ALIKE)

    @pytest.mark.rule("STAGE-1")
    def test_stage_codes_that_look_alike_are_different_stages(self, crmcore_scene: Scene) -> None:
        """A lead stands in the stage that it names and in no other; only that one is in use."""
        codes = [StageCode(key) for key in ALIKE if not any(each.isspace() for each in key)]
        stages = crmcore_scene.crm.lead_stages()
        more = (Stage(code=code, semantics=StageSemantics.IN_PROCESS) for code in codes)
        both = LeadStages(stages=(*stages.record.stages, *more))
        accepted(crmcore_scene.crm.define_lead_stages(ADMIN, both, stages.version))
        crmcore_scene.add(stage=codes[0])
        read = crmcore_scene.store.snapshot(Query(stages_in_use=True))

        assert read.stages_in_use == {codes[0]}
        refuses(crmcore_scene, Changes(expects=read.read, unused_stages=frozenset(codes)))
        crmcore_scene.store.commit(Changes(expects=read.read, unused_stages=frozenset(codes[1:])))

    @pytest.mark.rule("CONV-7", "MATCH-1")
    def test_addresses_that_look_alike_find_their_own_client(self, crmcore_scene: Scene) -> None:
        """Match keys are in their normal form already; a store compares them letter by letter."""
        owners = {}
        for name in ("jose", "jos\u00e9", "joss", "jo\u00df", "j\u0131m", "jim", "j.im"):
            point = ContactPoint(kind=PointKind.EMAIL, type="WORK", value=f"{name}@example.com")
            (key,) = match_keys((point,), (Kind.CONTACT,))
            owners[key] = (crmcore_scene.add_contact(contact_points=(point,)),)

        assert crmcore_scene.store.snapshot(Query(match_keys=frozenset(owners))).matches == owners
        for key, ids in owners.items():
            assert crmcore_scene.store.snapshot(Query(match_keys=frozenset({key}))).matches == {key: ids}
