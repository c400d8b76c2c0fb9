"""What a cell under a heading of the stage list says, by hand and not from the reader of files."""

from crmcore.adapters.bitrix24_csv.words.stage_words import stage_headings

__all__ = ["STAGE_WORDS", "is_understood"]

#: The headings of the list (docs/spec/import.md), as they are written there.
STAGE_WORDS = [word for words in stage_headings().values() for word in words]

#: What is understood as the stage, and the cells there that mean an active lead.
_STAGE_COLUMNS = {"status_id", "stage_id", "стадия", "stage", "статус", "status", "stageid", "statusid", "fase",
                  "phase", "etapa", "estágio", "étape", "etap"}  # fmt: skip
_ACTIVE = {
    "new", "in_process", "processed", "не обработан", "unprocessed", "unassigned", "not processed", "в работе",
    "in progress", "обработан",
}  # fmt: skip
_NOTHING = {"nan", "none", "null", "n/a", "#n/a", "<na>", "nat", "<null>", "(null)", "\\n"}
_LISTED = {word.casefold() for word in STAGE_WORDS}


def is_understood(heading: str, cell: str) -> bool:
    """Whether a cell lets a lead be active: it is under no heading of the list, empty, or a stage in process.

    "State" is understood as a part of the address, unless a cell under it is a stage.
    """
    name = heading.strip().casefold()
    if name not in _LISTED or name == "state" or not cell.strip() or cell.strip().casefold() in _NOTHING:
        return True
    return name in _STAGE_COLUMNS and " ".join(cell.split()).casefold() in _ACTIVE
