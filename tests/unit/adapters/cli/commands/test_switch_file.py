"""A switch of a file ends with the first refusal of the CRM that it is imported into."""

from pathlib import Path

import pytest

from crmcore import Crm, CrmMode, LeadStages, Reason, Stage, StageCode, StageSemantics
from crmcore.adapters.cli.commands.switch_file import OPERATOR, Wanted, switch_file
from crmcore.adapters.cli.work.options import FileOptions
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.domain.model.image import CrmImage
from crmcore.ports import Query, Snapshot, new_crm


class BusyOffice(InMemoryStore):
    """A store in which somebody else defines a stage right after the stages were read alone."""

    def __init__(self, image: CrmImage) -> None:
        super().__init__(image)
        self.seen: list[Snapshot] = []

    def snapshot(self, query: Query) -> Snapshot:
        read = super().snapshot(query)
        if query == Query(stages=True) and not self.seen:
            self.seen.append(read)
            crm = Crm(
                store=self, permissions=RoleTable({OPERATOR: [ADMINISTRATOR]}), plan=FixedPlan(), clock=SystemClock()
            )
            before = crm.lead_stages()
            theirs = Stage(code=StageCode("THEIRS"), semantics=StageSemantics.FAILURE)
            crm.define_lead_stages(OPERATOR, LeadStages(stages=(*before.record.stages, theirs)), before.version)
        return read


@pytest.mark.rule("STAGE-1")
def test_refused_stages_end_the_command(tmp_path: Path) -> None:
    """Their refusal is the answer, and no lead came in."""
    leads, mapping = tmp_path / "leads.csv", tmp_path / "mapping.toml"
    leads.write_text("ID;TITLE;STATUS_ID\n1;a;Ours\n", encoding="utf-8")
    mapping.write_text('[stages]\nOurs = { code = "OURS", means = "failure" }\n', encoding="utf-8")
    office = BusyOffice(new_crm(CrmMode.CLASSIC))
    done = switch_file(Wanted(leads=leads, reading=FileOptions(mapping=mapping)), lambda: office)
    refusal = done.report.refusal
    assert refusal is not None
    assert (refusal.reason, done.report.exit_code, done.image) == (Reason.STALE_VERSION, 1, None)
    crm = Crm(store=office, permissions=RoleTable({OPERATOR: [ADMINISTRATOR]}), plan=FixedPlan(), clock=SystemClock())
    image = crm.export(OPERATOR)
    assert isinstance(image, CrmImage)
    assert (dict(image.leads), image.settings.mode) == ({}, CrmMode.CLASSIC)
    assert [stage.code for stage in image.stages.stages][-1] == "THEIRS"
