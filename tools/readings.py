"""`python -m tools.readings`: ask all vectors with each other reading in force, and record what changes."""

import argparse
import json
import sys
from pathlib import Path

from crmcore.testing.readings import READINGS
from crmcore.testing.readings.record import FORMAT, current_digest, effect_of, recorded_digest, row_of
from crmcore.testing.vectors import vectors

__all__ = ["RECORD", "main", "stale_record"]

RECORD = Path(__file__).resolve().parents[1] / "src" / "crmcore" / "testing" / "readings" / "recorded.json"


def stale_record() -> list[str]:
    """What is wrong with the record, if anything is: it was made of other vectors or designs."""
    fresh = recorded_digest() == current_digest()
    return [] if fresh else [f"{RECORD.name}: made of other vectors or designs; run `python -m tools.readings`"]


def main(arguments: list[str] | None = None) -> int:
    """Write the record; the numbers of each reading are told on the way."""
    parser = argparse.ArgumentParser(prog="python -m tools.readings", description=__doc__)
    parser.add_argument("--moved", action="store_true", help="do nothing unless the vectors or the designs have moved")
    if parser.parse_args(arguments).moved and not stale_record():
        return 0
    rows = {}
    for reading in READINGS:
        effect = effect_of(reading, vectors())
        rows[reading.name] = row_of(effect)
        print(f"{reading.name}: {effect.changed} vectors change; laws: {', '.join(effect.laws) or 'none'}", flush=True)
    lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    head = {"format": FORMAT, "of": current_digest(), "vectors": len(vectors())}
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    body = ",\n".join(lines)
    RECORD.write_text(f'{{\n{text},\n"readings": {{\n{body}\n}}\n}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
