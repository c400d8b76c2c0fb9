"""The readings: each other one runs, changes what its record says, and is gone when it is no longer in force."""

import os

import pytest

from crmcore.domain.decisions import HANDLERS
from crmcore.domain.laws import BINDING_LAWS, CLIENT_LAWS, CRM_LAWS, DEAL_LAWS, LEAD_LAWS, OUTCOME_LAWS
from crmcore.testing.readings import READINGS, Ambiguity, readings_of, recorded, steps_of, tell
from crmcore.testing.readings.record import current_digest, effect_of, recorded_digest, sample
from crmcore.testing.vectors import play_on, run_vectors, vectors

each = pytest.mark.parametrize("reading", READINGS, ids=lambda reading: str(reading.name))


def test_there_are_enough_and_their_names_are_their_own() -> None:
    """Fourteen at least, those of the narrowings among them; two of one name would hide one."""
    assert len(READINGS) == len({reading.name for reading in READINGS}) >= 14
    narrowings = {"S4": 1, "S11": 1, "S1": 1, "S8": 4, "S20": 4, "S7": 1, "S14": 1, "S16": 2}
    assert {statement: len(readings_of(statement)) for statement in narrowings} == narrowings
    assert readings_of("S99") == ()


@each
def test_the_other_reading_changes_its_vector(reading: Ambiguity) -> None:
    """And nothing stays of it: afterwards the vector passes again."""
    [vector] = vectors(ids=[reading.vector])
    handlers = dict(HANDLERS)
    told = tell(reading)
    assert told.vector == vector.id
    assert len(told.differences) >= 1
    assert len(steps_of(reading)) == len(vector.when)
    assert handlers == HANDLERS
    assert run_vectors([vector], play=play_on()).failed == ()


@each
def test_the_record_is_what_some_vectors_say(reading: Ambiguity) -> None:
    """Those that it names change, and of others as many as it says of all."""
    effect = recorded(reading.name)
    named = vectors(ids=effect.first)
    assert effect_of(reading, named).changed == len(named) > 0
    assert sum(effect.families.values()) == effect.changed
    passing = [vector for vector in sample() if vector.family not in effect.families]
    assert effect_of(reading, passing).changed == 0


def test_the_record_is_of_these_vectors_and_designs() -> None:
    """One that was made of others says nothing of these; its laws are laws."""
    assert recorded_digest() == current_digest()
    groups = (LEAD_LAWS, DEAL_LAWS, CLIENT_LAWS, BINDING_LAWS, OUTCOME_LAWS, CRM_LAWS)
    laws = {f"{law.rule}: {law.check.__name__}" for group in groups for law in group}
    broken = {law for reading in READINGS for law in recorded(reading.name).laws}
    assert broken <= laws
    assert "CONV-6: every_activity_is_bound_to_the_deal" in recorded("activities-leave-the-lead").laws


@pytest.mark.slow
@pytest.mark.skipif("CRMCORE_DEEP" not in os.environ, reason="takes minutes: make deep")
@each
def test_the_whole_record_is_what_all_vectors_say(reading: Ambiguity) -> None:
    """Each number, by family and by law."""
    assert effect_of(reading, vectors()) == recorded(reading.name)
