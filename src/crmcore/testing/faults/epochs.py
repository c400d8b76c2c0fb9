"""Stores that break point 3: a commit decided under another epoch is a conflict, and the mode alone makes epochs."""

from attrs import evolve

from crmcore.domain.model.ids import Epoch, Kind, LeadId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.faults.base import BadStore, epoch_of, without

__all__ = [
    "CancelKeepsEpochStore",
    "EpochBlindForNewLeadsStore",
    "EpochBlindForReopenedLeadsStore",
    "EpochBlindStore",
    "RestlessEpochStore",
]


class EpochBlindStore(BadStore):
    """Carries out what was decided under another epoch (SWITCH-4)."""

    rule, point = "SWITCH-4", 3
    rejected_by = "test_every_change_of_mode_fences_what_was_decided_before"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the mode."""
        if self.ignores(changes):
            changes = evolve(changes, expects=self._now(changes.expects))
        return changes

    def ignores(self, changes: Changes) -> bool:
        """Whether this commit goes through under any epoch."""
        return True

    def _now(self, expects: ReadSet) -> ReadSet:
        """The same read set as if it had been read under the epoch in force."""
        return evolve(without(expects, Kind.SETTINGS), epoch=epoch_of(self.store).epoch)

    def _leads(self, changes: Changes) -> dict[LeadId, object]:
        """The leads that a commit writes, as they are before."""
        return dict(self.store.snapshot(Query(leads=tuple(changes.leads))).leads) if changes.leads else {}


class EpochBlindForNewLeadsStore(EpochBlindStore):
    """Stores a new lead in the mode that was in force when it was decided on, whatever the mode is now (SWITCH-6)."""

    rule = "SWITCH-6"
    rejected_by = "test_a_lead_that_was_added_before_a_switch_began_does_not_come_in_after_it"

    def ignores(self, changes: Changes) -> bool:
        """A commit that brings a lead."""
        return bool(changes.leads.keys() - self._leads(changes).keys())


class EpochBlindForReopenedLeadsStore(EpochBlindStore):
    """Makes a closed lead active again, whatever the mode is now (SWITCH-6)."""

    rule = "SWITCH-6"
    rejected_by = "test_a_lead_that_was_reopened_before_a_switch_began_does_not_come_in_after_it"

    def ignores(self, changes: Changes) -> bool:
        """A commit that opens a closed lead."""
        before = self._leads(changes)
        return any(
            _is_active(lead) and id in before and not _is_active(before[id]) for id, lead in changes.leads.items()
        )


def _is_active(lead: object) -> bool:
    return isinstance(lead, Lead) and lead.is_active


class CancelKeepsEpochStore(BadStore):
    """Cancelling ends a switch and keeps its epoch, so that its chunks still go through (SWITCH-4)."""

    rule, point = "SWITCH-4", 3
    rejected_by = "test_every_change_of_mode_fences_what_was_decided_before"

    def sent(self, changes: Changes) -> Changes:
        """Commit, under the old epoch where a switch is cancelled."""
        after = changes.settings
        if after is not None and after.switching is None and after.mode is CrmMode.CLASSIC:
            before = self.store.snapshot(Query()).settings
            if before.switching is not None:
                changes = evolve(changes, settings=evolve(after, epoch=before.epoch))
        return changes


class RestlessEpochStore(BadStore):
    """Makes a new epoch with every change of the settings, and so stops the chunks of a live switch (SWITCH-4)."""

    rule, point = "SWITCH-4", 3
    rejected_by = "test_other_settings_do_not_disturb_a_live_switch"

    def sent(self, changes: Changes) -> Changes:
        """Commit, under a new epoch where any setting changes."""
        after = changes.settings
        if after is not None and after.epoch == changes.expects.epoch:
            changes = evolve(changes, settings=evolve(after, epoch=Epoch(after.epoch + 1)))
        return changes
