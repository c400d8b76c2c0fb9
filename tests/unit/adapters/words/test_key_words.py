"""What people act on says what it does: a button, a state, a number, a refusal or an error that was exchanged shows.

The table is made by hand. Each pattern is in the text of its place, and in no other text of its section.
"""

import re
from collections.abc import Mapping

import pytest

from crmcore.adapters.words import language
from crmcore.adapters.words.catalogue import packaged_codes
from tests.unit.adapters.words.places import texts_of

#: Which of two patterns is that of a language.
AT = {"en": 0, "it": 1}

KEY_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "buttons": {
        "choose_simple": ("to Simple$", "a Semplice$"),
        "choose_classic": ("to Classic$", "a Classico$"),
        "preview": ("Preview", "Anteprima"),
        "confirm": ("^Change now", "^Cambia ora"),
        "back": ("^Back", "^Indietro"),
        "continue_switch": ("^Continue", "^Continua"),
        "stop_work": ("^Pause", "^Sospendi"),
        "cancel": ("^Cancel", "^Annulla"),
        "confirm_cancel": ("^Yes, cancel", "^Sì, annulla"),
        "keep_switching": ("^Keep", "^Prosegui"),
        "retry": ("the leads again", "con questi lead"),
        "show_leads": ("^Show the leads", "^Mostra i lead"),
        "find": ("^Find", "^Trova"),
        "first_page": ("^First", "^Prima"),
        "next_page": ("^Next", "successiva"),
    },
    "clients": {
        "contact": ("^A contact$", "^Un contatto$"),
        "company": ("^A company$", "^Un'azienda$"),
        "both": ("contact and a company", "contatto e un'azienda"),
    },
    "match": {"none": ("of its own", "proprio"), "email": ("same e-mail", "stessa e-mail")},
    "outcomes": {
        "converted": ("^Converted", "^Convertito"),
        "already_converted": ("already", "già"),
        "closed": ("Closed", "Chiuso"),
        "deleted": ("Deleted", "Eliminato"),
        "set_aside": ("aside", "da parte"),
    },
    "totals": {
        "deals": ("^Deals made", "^Affari creati"),
        "at_begin": ("beginning", "inizio"),
        "added": ("added", "aggiunti"),
        "converted": ("^Converted", "^Convertiti"),
        "already_converted": ("^Already", "^Già"),
        "closed": ("Closed", "Chiusi"),
        "deleted": ("Deleted", "Eliminati"),
        "set_aside": ("aside", "da parte"),
        "remaining": ("Remaining", "Rimanenti"),
        "contacts": ("Contacts", "Contatti"),
        "companies": ("Companies", "Aziende"),
        "bound": ("linked", "collegate"),
        "completed": ("completed", "completate"),
        "kept_open": ("open", "aperte"),
    },
    "meanings": {
        "in_process": ("process", "corso"),
        "success": ("success", "^successo"),
        "failure": ("failure", "insuccesso"),
    },
    "blocked.causes": {
        "no_client": ("client", "cliente"),
        "unreadable": ("cannot be read", "Non si può leggere"),
        "unwritable": ("refuses", "rifiuta"),
    },
    "refusals": {
        "not_permitted": ("right", "diritto"),
        "plan_without_classic": ("plan does not include", "piano non comprende"),
        "switch_in_progress": ("another switch is live", "un altro passaggio"),
        "key_conflict": ("key", "chiave"),
        "not_switching": ("no switch", "nessun passaggio"),
        "stale_switch": ("no longer", "non è più"),
        "unknown_pipeline": ("pipeline does not exist, or it is archived", "pipeline non esiste o è archiviata"),
        "unknown_stage": ("stage does not exist", "fase non esiste"),
        "pipeline_in_use": ("uses the pipeline", "usa la pipeline"),
        "stage_in_use": ("leads in this stage", "lead in questa fase"),
        "stage_meaning_fixed": ("cannot change", "non può cambiare"),
        "already_converted": ("already converted", "già convertito"),
        "lead_closed": ("lead is closed", "lead è chiuso"),
        "convert_instead": ("only a conversion", "solo una conversione"),
        "reopen_refused": ("reopened only in Classic", "riaprire solo in modalità Classico"),
        "stale_version": ("in the meantime", "nel frattempo"),
        "unknown_record": ("or may not be seen", "o non può essere vista"),
        "record_differs": ("different content", "altro contenuto"),
        "record_fault": ("cannot read or write", "non può leggere o scrivere"),
        "classic_only": ("imported only in Classic", "importare solo in modalità Classico"),
        "not_bound": ("not bound", "non è collegata"),
        "last_binding": ("at least one binding", "almeno un collegamento"),
        "too_many_bindings": ("no more bindings", "altri collegamenti"),
    },
    "rules": {
        "PERM-3": ("add the new records", "aggiungere"),
        "PERM-8": ("last administrator", "ultimo amministratore"),
    },
    "errors": {
        "crm_error": ("something", "qualcosa"),
        "invalid_value": ("not allowed", "non è ammesso"),
        "contract_broken": ("contradict", "contraddicono"),
        "store_error": ("nothing of this step", "nulla di questo passo"),
        "store_busy": ("is busy", "è occupato"),
        "store_full": ("out of space", "esaurito lo spazio"),
        "store_read_only": ("but not written", "ma non scritto"),
        "store_corrupt": ("damaged", "danneggiato"),
        "conflict": ("at the same time", "nello stesso momento"),
        "outcome_unknown": ("answer of the database was lost", "risposta del database è andata persa"),
        "record_fault": ("One record", "Una scheda"),
        "wrong_store": ("cannot be used", "non può essere usato"),
        "closed_store": ("has closed", "ha chiuso"),
    },
    "requests": {
        "title": ("did not work", "non è riuscita"),
        "unknown_address": ("no page", "alcuna pagina"),
        "wrong_method": ("does not take", "non accetta"),
        "not_signed_in": ("link that the server printed", "link che il server ha stampato"),
        "used_link": ("used before", "già stato usato"),
        "old_form": ("form", "modulo"),
        "foreign": ("another site", "altro sito"),
        "too_large": ("too large", "troppo grande"),
        "wrong_choice": ("offered values", "valori offerti"),
        "unexpected": ("nothing was changed", "nulla è stato modificato"),
    },
}


def test_every_language_of_the_package_has_key_words() -> None:
    """One that is added gets a column here."""
    assert set(AT) == set(packaged_codes())


@pytest.mark.parametrize("code, at", AT.items())
@pytest.mark.parametrize("section", KEY_WORDS)
def test_a_text_stands_in_its_own_place(section: str, code: str, at: int) -> None:
    """Every text of the section has its key words, and no other text of it has them."""
    texts = {
        place.removeprefix(f"{section}."): text
        for place, text in texts_of(language(code)).items()
        if place.startswith(f"{section}.")
    }
    patterns = KEY_WORDS[section]
    assert texts.keys() == patterns.keys()
    for name, both in patterns.items():
        assert [each for each, text in texts.items() if re.search(both[at], text, re.IGNORECASE)] == [name]
