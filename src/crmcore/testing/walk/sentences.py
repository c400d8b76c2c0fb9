"""The sentences of docs/spec that weakened designs break, so that a story can quote them from the wheel."""

import json
from pathlib import Path

__all__ = ["SENTENCES", "sentence_of"]

#: Written by `python -m tools.faults_table` from docs/spec.
SENTENCES = Path(__file__).with_name("sentences.json")


def sentence_of(rule: str) -> str:
    """The sentence with this id; raises `KeyError` where no weakened design breaks it."""
    return str(json.loads(SENTENCES.read_text(encoding="utf-8"))[rule])
