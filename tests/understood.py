"""What a cell under a heading of the stage list says, by hand and not from the reader of files."""

from crmcore.adapters.bitrix24_csv.words.stage_words import stage_headings

__all__ = ["NEAR_MISSES", "SAME_WORDS", "STAGE_WORDS", "is_understood", "looking_alike"]

#: The headings of the list (docs/spec/import.md), as they are written there.
STAGE_WORDS = [word for words in stage_headings().values() for word in words]

#: Latin letters that others look like.
_ALIKE = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def looking_alike(text: str) -> str:
    """The same to whoever reads it, in letters of another alphabet where there are some."""
    return text.translate(_ALIKE)


#: The same headings as a form or a list writes them, which are read alike.
SAME_WORDS = {f"{before}{word}{after}": word for word in STAGE_WORDS for before in ("", " ") for after in (" *", ":")}
#: What people call such a column in its place: never read as the stage, and never passed over.
NEAR_MISSES = frozenset(
    near
    for word in STAGE_WORDS
    for near in (
        f"Lead {word}",
        f"{word} lead",
        f"{word.title()} (Lead)",
        f"{word}_id",
        f"lead-{word}",
        looking_alike(word),
        looking_alike(word.title()),
    )
    if near.casefold() not in {"stage_id", "status_id", *map(str.casefold, STAGE_WORDS)}
)

#: What is understood as the stage, and the cells there that mean an active lead.
_STAGE_COLUMNS = {"status_id", "stage_id", "стадия", "stage", "статус", "status", "stageid", "statusid", "fase",
                  "phase", "etapa", "estágio", "étape", "statut", "etap"}  # fmt: skip
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
    says_nothing = not cell.strip() or cell.strip().casefold() in _NOTHING
    if heading in NEAR_MISSES:
        return says_nothing
    name = SAME_WORDS.get(heading, heading).strip().casefold()
    if name not in _LISTED or name == "state" or says_nothing:
        return True
    return name in _STAGE_COLUMNS and " ".join(cell.split()).casefold() in _ACTIVE
