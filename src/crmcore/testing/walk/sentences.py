"""The sentences of docs/spec that weakened designs break, so that a story can quote them from the wheel."""

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SENTENCES", "sentences"]

#: Written by `python -m tools.faults_table` from docs/spec.
SENTENCES = Path(__file__).with_name("sentences.json")


def sentences() -> Mapping[str, str]:
    """Each sentence by its id."""
    read: dict[str, str] = json.loads(SENTENCES.read_text(encoding="utf-8"))
    return read
