"""The words of a language: those that were seen in a public source before those that are translated."""

from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, language, languages


def test_a_language_has_its_words_by_section_and_key() -> None:
    """A section has all its keys, whichever way a word is known; one that there is not is empty."""
    italian = language("it")
    assert (italian.code, italian.name, italian.source.partition(" ")[0]) == (
        "it",
        "Italian",
        "helpdesk.bitrix24.it/open/18578944",
    )
    assert italian.words("leads")["STATUS_ID"] == ("Fase",)
    assert italian.words("leads")["HONORIFIC"] == (
        *italian.seen["leads"]["HONORIFIC"],
        *italian.translated["leads"]["HONORIFIC"],
    )
    assert italian.words("stages")["NEW"] == ("Non assegnato", "Non elaborato", "Nuovo")
    assert italian.words("leads").keys() == italian.seen["leads"].keys() | italian.translated["leads"].keys()
    assert ("stages" in italian.seen, italian.words("nowhere")) == (False, {})
    assert italian.kinds["deals"]["usual"] == ("Imbuto", "Data di inizio", "Data di chiusura", "Probabilità")
    assert "nuovo" in italian.doubts["cells"]


def test_the_languages_stand_in_one_order() -> None:
    """Each once, and read once."""
    assert tuple(each.code for each in languages()) == LANGUAGES
    assert languages()[0] is language("en")
