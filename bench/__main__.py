"""`python -m bench`: measure, show the table, and with `--write` keep it in `docs/performance.md`."""

import argparse
import sys
from pathlib import Path

from bench.measure import measure
from bench.report import as_document, as_table

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure a whole switch against the floor.")
    parser.add_argument("--quick", action="store_true", help="three rounds, without W(100,000) and matching")
    parser.add_argument("--rounds", type=int, default=None, help="rounds of each race (7, or 3 when quick)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args()
    if given.write and given.quick:
        parser.error("a quick look is not worth keeping: use one of --quick and --write")
    figures = measure(
        rounds=given.rounds or (3 if given.quick else 7), small=10_000, large=100_000, quick=given.quick, say=_say
    )
    print(as_table(figures))
    if given.write:
        DOCUMENT.write_text(as_document(figures, "python -m bench --write"), encoding="utf-8")
    return 0


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
