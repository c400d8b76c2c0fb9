"""`python -m bench.databases`: measure the switch on SQLite and PostgreSQL; `--write` keeps the figures in `docs/`."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.databases.measure import Sizes, measure
from bench.databases.places import Place, SqlitePlace, postgres_place
from bench.databases.report import as_document, with_figures

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance-databases.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.databases", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small CRMs, to see that it runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", choices=("SQLite", "PostgreSQL"), help="one database; the page keeps the other's figures"
    )
    parser.add_argument("--huge", type=int, default=0, help="a CRM that is switched once, beside the others")
    parser.add_argument("--write", action="store_true", help="write docs/performance-databases.md")
    given = parser.parse_args()
    sizes = Sizes(200, 1000, 0, 1) if given.quick else Sizes(10_000, 100_000, given.huge, given.rounds)
    with tempfile.TemporaryDirectory() as folder, postgres_place(Path(folder)) as postgres:
        places: list[tuple[Place, bool]] = [(SqlitePlace(Path(folder)), False), (postgres, True)]
        wanted = [(place, workers) for place, workers in places if given.only in (None, place.name)]
        found = [measure(place, sizes, workers=workers, say=_say) for place, workers in wanted]
    if given.only:
        text = with_figures(DOCUMENT.read_text(encoding="utf-8"), found[0])
    else:
        command = "python -m bench.databases --write" + (f" --huge {given.huge}" if given.huge else "")
        text = as_document(found, command)
    if given.write and not given.quick:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
