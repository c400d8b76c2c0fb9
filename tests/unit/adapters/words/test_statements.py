"""What the page says, tied to the statements of the article and to the rules, word by word.

Each row names a text, who says so, and for each language what the text has to have in it, what it must not have, and
how many words of negation there are. The table is made by hand from docs/spec, not from the files that it is held to.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from crmcore import ModeSwitchPolicy, OptionPage
from crmcore.adapters.words import language
from crmcore.adapters.words.catalogue import packaged_codes
from crmcore.domain.model.policy import OPTION_PAGES
from crmcore.testing import ADMIN, TestCrm
from tests.unit.adapters.words.places import texts_of

NEGATIONS = {
    "en": r"\b(?:no|not|none|never|nothing|nobody|neither|nor|without|cannot|missing)\b|n't\b",
    "it": r"\b(?:no|non|nessun[oa]?|mai|nulla|niente|senza|né|manca|alcun[oa]?)\b",
}


class Says(NamedTuple):
    """What a text has to say: patterns that it has, one that it has not, and how many negations."""

    has: tuple[str, ...]
    never: str = ""
    nots: int = 0

    def broken_by(self, text: str, code: str) -> list[str]:
        """What is wrong with a text."""
        wrong = [f"lacks {each!r}" for each in self.has if not re.search(each, text, re.IGNORECASE)]
        if self.never and (found := re.search(self.never, text, re.IGNORECASE)):
            wrong.append(f"has {found[0]!r}")
        nots = len(re.findall(NEGATIONS[code], text, re.IGNORECASE))
        return wrong + ([f"negates {nots} times"] if nots != self.nots else [])


class Row(NamedTuple):
    """One text, the statement or rule that it is tied to, and what it says in each language."""

    source: str
    place: str
    en: Says
    it: Says


def label(english: str, italian: str, nots: int = 0) -> tuple[Says, Says]:
    """A label: exactly these words."""
    return tuple(Says((f"^{re.escape(each)}$",), nots=nots) for each in (english, italian))  # type: ignore[return-value]


CLIENT = label("Create a client", "Crea un cliente")
CLIENT_HELP = (
    Says(("each deal", "a contact, a company, or both"), "one of"),
    Says(("ogni affare", "un contatto, un'azienda oppure entrambi"), "uno dei"),
)
PIPELINE_HELP = (
    Says(("more than one pipeline", "choose the one", "deals are created"), "only one|archived"),
    Says(("più di una pipeline", "scegli quella", "nascono gli affari"), "una sola|archiviat"),
)
OFF = (
    Says(("^All activities", "are completed by the conversion"), "open|stay|some|close"),
    Says(("^Tutte le attività", "vengono completate dalla conversione"), "apert|rest|alcune|chius"),
)

TABLE = [
    Row("S18", "pages.web.client.label", *CLIENT),
    Row("S18", "pages.app.client.label", *CLIENT),
    Row("S18", "pages.web.client.help", *CLIENT_HELP),
    Row("S18", "pages.app.client.help", *CLIENT_HELP),
    Row("S19", "pages.web.pipeline_id.label", *label("Select a deal pipeline", "Seleziona una pipeline di affari")),
    Row("S19", "pages.app.pipeline_id.label", *label("Select a deal pipeline", "Seleziona una pipeline di affare")),
    Row("S19", "pages.web.pipeline_id.help", *PIPELINE_HELP),
    Row("S19", "pages.app.pipeline_id.help", *PIPELINE_HELP),
    Row(
        "S20",
        "pages.web.keep_activities.label",
        *label("Do not close activities after conversion", "Non chiudere le attività dopo la conversione", nots=1),
    ),
    Row(
        "S20",
        "pages.web.keep_activities.on",
        Says(("open on the lead", "stay open on the deal", "you can continue working"), "complete|close|move"),
        Says(("aperte sul lead", "restano aperte sull'affare", "puoi continuare a lavorarci"), "complet|chius|passano"),
    ),
    Row("S21", "pages.web.keep_activities.off", *OFF),
    Row("S22", "pages.app.keep_activities.label", *label("Move activities to deals", "Sposta le attività agli affari")),
    Row(
        "S22",
        "pages.app.keep_activities.on",
        Says(("open on the lead", "move along", "stay open on the deal"), "complete|close"),
        Says(("aperte sul lead", "passano all'affare", "restano aperte"), "complet|chius"),
    ),
    Row("S22", "pages.app.keep_activities.off", *OFF),
    *(
        Row(
            "S17",
            f"pages.{page}.introduction",
            Says(("^Choose how", "active leads are turned into deals")),
            Says(("^Scegli come", "lead attivi vengono trasformati in affari")),
        )
        for page in OptionPage
    ),
    Row("S1", "modes.classic.name", *label("Classic", "Classico")),
    Row("S1", "modes.classic.leads", *label("with leads", "con lead")),
    Row("S1", "modes.simple.name", *label("Simple", "Semplice")),
    Row("S1", "modes.simple.leads", *label("without leads", "senza lead", nots=1)),
    Row(
        "S6",
        "modes.classic.description",
        Says(("become leads first", "told apart from existing clients", "stages of their own"), "deal"),
        Says(("diventano prima lead", "si distinguono dai clienti esistenti", "fasi proprie"), "affar"),
    ),
    Row(
        "S7",
        "modes.classic.advice",
        Says(("large companies", "busy sales"), "small"),
        Says(("grandi", "vendit"), "piccol"),
    ),
    Row(
        "S8",
        "modes.simple.description",
        Says(("every inquiry, call or e-mail", "becomes a deal and a client at once"), "lead"),
        Says(("ogni richiesta, chiamata o e-mail", "diventa subito un affare e un cliente"), "lead"),
    ),
    Row("S9", "modes.simple.advice", Says(("small sales teams",), "large"), Says(("piccoli team",), "grand")),
    Row(
        "S11",
        "whole.who_can_help",
        Says(
            ("^Only administrators and employees with the right", "change the CRM settings", "can change the mode"),
            "every",
        ),
        Says(("modalità solo gli amministratori e i dipendenti autorizzati", "impostazioni CRM"), "tutti|ogni"),
    ),
    Row(
        "S16",
        "staying.switch_effect",
        Says(("^All active leads are converted into deals and clients",), "some|closed"),
        Says(("^Tutti i lead attivi vengono convertiti in affari e clienti",), "alcuni|chius"),
    ),
    Row(
        "MODE-4",
        "staying.classic_effect",
        Says(("inquiries become leads again", "nothing is turned back into leads"), nots=1),
        Says(("richieste tornano a essere lead", "nulla viene ritrasformato in lead"), nots=1),
    ),
    Row(
        "S4",
        "staying.plan_without_classic",
        Says(("Classic is not on this plan",), "Simple", nots=1),
        Says(("Classico non è previsto da questo piano",), "Semplice", nots=1),
    ),
    Row(
        "MODE-3",
        "staying.unlicensed",
        Says(("Classic is not on this plan", "inquiries become deals", "leads are kept"), "delete", nots=1),
        Says(("Classico non è previsto", "richieste diventano affari", "lead sono conservati"), "elimin", nots=1),
    ),
    Row(
        "SWITCH-14",
        "staying.no_active_lead",
        Says(("no active lead", "takes effect at once"), nots=1),
        Says(("Non c'è alcun lead attivo", "ha effetto subito"), nots=2),
    ),
    Row(
        "POLICY-6",
        "staying.options_kept",
        Says(("options are kept for later inquiries",)),
        Says(("opzioni valgono per le richieste successive",)),
    ),
    Row(
        "SWITCH-12",
        "plan.nothing_written",
        Says(("nothing has been written yet",), nots=1),
        Says(("nulla è stato ancora scritto",), nots=1),
    ),
    Row("SWITCH-8", "plan.final", Says(("converted lead stays converted",)), Says(("convertito resta convertito",))),
    Row(
        "SWITCH-8",
        "switching.cancel_effect",
        Says(("back to Classic", "was converted stays converted", "all other leads stay active"), "Simple|undone"),
        Says(
            ("torna a Classico", "convertito resta convertito", "tutti gli altri lead restano attivi"),
            "Semplice|annull",
        ),
    ),
    Row(
        "SWITCH-6",
        "switching.new_records",
        Says(("inquiries become deals",), "leads"),
        Says(("richieste diventano affari",), "lead"),
    ),
    Row(
        "SWITCH-5",
        "switching.continue_help",
        Says(("continuing is safe", "another process")),
        Says(("continuare è sicuro", "altro processo")),
    ),
    Row(
        "SWITCH-9",
        "blocked.what_to_do",
        Says(("edit the lead or close it, then try again",)),
        Says(("modifica il lead o chiudilo, poi riprova",)),
    ),
    Row(
        "SWITCH-3",
        "ended.finished",
        Says(("went to Simple",), "Classic"),
        Says(("passato in modalità Semplice",), "Classic"),
    ),
    Row(
        "SWITCH-8",
        "ended.cancelled",
        Says(("cancelled", "in Classic"), "Simple"),
        Says(("annullato", "Classico"), "Semplice"),
    ),
    Row(
        "SWITCH-8",
        "ended.cancelled_effect",
        Says(("was converted stays converted", "later change converts the other leads")),
        Says(("convertito resta convertito", "passaggio successivo converte gli altri lead")),
    ),
    Row(
        "SWITCH-1", "unavailable.kept", Says(("was converted stays converted",)), Says(("convertito resta convertito",))
    ),
]
CHECKS = [(row, code) for row in TABLE for code in NEGATIONS]


@cache
def _texts(code: str) -> Mapping[str, str]:
    return texts_of(language(code))


def _id(case: object) -> str:
    return f"{case.source}-{case.place}" if isinstance(case, Row) else str(case)


@pytest.mark.rule("POLICY-5.4")
@pytest.mark.parametrize("row, code", CHECKS, ids=_id)
def test_a_text_says_what_its_statement_says(row: Row, code: str) -> None:
    """POLICY-5. Every label, help and effect says what its statement says, and no more and no less negated."""
    says: Says = getattr(row, code)
    assert says.broken_by(_texts(code)[row.place], code) == []


#: What turns a sentence into its opposite: each is tried on every text that has the words.
OPPOSITES = {
    "en": [
        (r"\bopen\b", "closed"), (r"\bcompleted\b", "kept"), (r"\bAll\b", "No"), (r"\ball other\b", "no other"),
        (r"\bare\b", "are not"), (r"\bis\b", "is not"), (r"\bis not\b", "is"), (r"\bstays?\b", "will not stay"),
        (r"\bwithout\b", "with"), (r"^with\b", "without"), (r"\bDo not close\b", "Close"),
        (r"\bbecomes?\b", "never becomes"),
        (r"\bNothing\b", "Everything"), (r"\bno\b", "some"), (r"\bOnly\b", "Not only"), (r"\bor both\b", "never both"),
        (r"\bSelect\b", "Do not select"), (r"\bCreate\b", "Never create"), (r"\bMove\b", "Don't move"),
        (r"\blarge\b", "small"), (r"\bsmall\b", "large"), (r"\bClassic\b", "Simple"), (r"\bSimple\b", "Classic"),
        (r"\bChoose\b", "Never choose"), (r"\bsafe\b", "unsafe"), (r"\bEdit\b", "Do not edit"),
    ],
    "it": [
        (r"\baperte\b", "chiuse"), (r"\bcompletate\b", "lasciate"), (r"\bTutt[ei]\b", "Nessuna delle"),
        (r"\b(vengono|restano|resta|sono|è|viene)\b", r"non \1"), (r"\bnon (è|c'è)\b", r"\1"), (r"\bsenza\b", "con"),
        (r"^con\b", "senza"), (r"\bNon chiudere\b", "Chiudi"),
        (r"\bdiventan?o?a?\b", "non diventa"), (r"\bnulla\b", "tutto"),
        (r"\bsolo\b", "non solo"), (r"\bSeleziona\b", "Non selezionare"), (r"\bCrea\b", "Non creare"),
        (r"\bSposta\b", "Non spostare"), (r"\boppure entrambi\b", "mai entrambi"), (r"\bgrandi\b", "piccole"),
        (r"\bpiccoli\b", "grandi"), (r"\bClassico\b", "Semplice"), (r"\bSemplice\b", "Classico"),
        (r"\bScegli\b", "Non scegliere"), (r"\bsicuro\b", "pericoloso"), (r"\bModifica\b", "Non modificare"),
        (r"\bvalgono\b", "non valgono"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("row, code", CHECKS, ids=_id)
def test_the_table_notices_the_opposite(row: Row, code: str) -> None:
    """Each text, negated or turned in every way that is listed, breaks its row; at least one way applies to it."""
    text, says = _texts(code)[row.place], getattr(row, code)
    turned = {re.sub(old, new, text, count=1, flags=re.IGNORECASE) for old, new in OPPOSITES[code]} - {text}
    assert turned or row.place.endswith(".name")
    assert [each for each in turned if not says.broken_by(each, code)] == []


@pytest.mark.parametrize("code", NEGATIONS)
@pytest.mark.parametrize("page", OptionPage)
def test_the_table_notices_texts_that_were_exchanged(page: OptionPage, code: str) -> None:
    """On and off, a label and its help, one option and another, and the pages where their words differ."""
    rows = {row.place: getattr(row, code) for row in TABLE if row.place.startswith(f"pages.{page}.")}
    texts = _texts(code)
    for place, says in rows.items():
        assert [other for other in rows if other != place and not says.broken_by(texts[other], code)] == []
    other = OptionPage.APP if page is OptionPage.WEB else OptionPage.WEB
    for part in ("label", "on"):
        place = f"keep_activities.{part}"
        assert rows[f"pages.{page}.{place}"].broken_by(texts[f"pages.{other}.{place}"], code)


def test_every_language_of_the_package_is_tied() -> None:
    """One that is added says the same as the others, which somebody who speaks it writes down here."""
    assert set(NEGATIONS) == set(packaged_codes()) == {name for name in Row._fields if name not in ("source", "place")}


@pytest.mark.rule("POLICY-5")
def test_every_text_of_an_option_has_a_row() -> None:
    """An option that is added is tied to its statement."""
    tied = {row.place for row in TABLE}
    options = [f"pages.{page}.{option}." for page, order in OPTION_PAGES.items() for option in order]
    for code in NEGATIONS:
        assert [place for place in _texts(code) if place.startswith(tuple(options)) and place not in tied] == []
        assert [place for place in _texts(code) if re.match(r"modes\.", place) and place not in tied] == []


@pytest.mark.rule("POLICY-5")
@pytest.mark.parametrize(
    "page, code, labels",
    [
        (
            OptionPage.WEB,
            "en",
            ["Create a client", "Select a deal pipeline", "Do not close activities after conversion"],
        ),
        (OptionPage.APP, "en", ["Select a deal pipeline", "Create a client", "Move activities to deals"]),
        (
            OptionPage.WEB,
            "it",
            ["Crea un cliente", "Seleziona una pipeline di affari", "Non chiudere le attività dopo la conversione"],
        ),
        (
            OptionPage.APP,
            "it",
            ["Seleziona una pipeline di affare", "Crea un cliente", "Sposta le attività agli affari"],
        ),
    ],
)
def test_each_page_asks_in_its_own_order(page: OptionPage, code: str, labels: list[str]) -> None:
    """S18 to S22: the web asks for the client first, the app for the pipeline."""
    texts = language(code).pages[page]
    assert [getattr(texts, option).label for option in OPTION_PAGES[page]] == labels


@pytest.mark.rule("POLICY-3", "POLICY-4", "POLICY-5")
@pytest.mark.parametrize("page", OptionPage)
@pytest.mark.parametrize("value", [True, False])
def test_the_help_of_a_value_says_what_the_value_does(page: OptionPage, value: bool) -> None:
    """S20 to S22: what is chosen is carried out, and the text beside it tells whether the activities are open then."""
    p = TestCrm.classic()
    lead = p.lead()
    activity = p.activity(lead)
    p.crm.switch_to_simple(ADMIN, key="2026", policy=ModeSwitchPolicy(keep_activities=value))
    open_now = not p.reread(activity).completed
    for code, says_open, says_completed in (("en", "stay open", "completed"), ("it", "restano aperte", "completate")):
        texts = language(code).pages[page].keep_activities
        text = texts.on if value else texts.off
        assert (says_open in text, says_completed in text) == (open_now, not open_now)


#: What the two languages say with another number of negations, and why that means the same.
OTHERWISE = {
    "staying.no_active_lead": "Italian negates the verb and the noun",
    "requests.unknown_address": "the same",
    "lists.no_links": "the same",
    "switches.none": "Italian has non and mai",
}


def test_the_languages_negate_the_same_texts() -> None:
    """A negation that is in one language only is a mistake in one of the two."""
    english, italian = _texts("en"), _texts("it")
    counts = {
        place: tuple(
            len(re.findall(NEGATIONS[code], texts[place], re.IGNORECASE))
            for code, texts in (("en", english), ("it", italian))
        )
        for place in english.keys() & italian.keys()
    }
    differ = {place for place, (en, it) in counts.items() if en != it}
    assert differ == set(OTHERWISE)
    assert all(min(counts[place]) > 0 for place in OTHERWISE)


class TestArticle:
    """The Italian words are those of the article, read from the article itself where it is there."""

    @pytest.fixture
    def article(self, shared: Path) -> str:
        found = sorted((shared / "seed").glob("*.txt"))
        if not found:
            pytest.skip("no article in the shared folder")
        (path,) = found
        return path.read_text(encoding="utf-8")

    def test_labels_and_their_order(self, article: str) -> None:
        """Each page's part of the article names its options in bold, which the text has as the first sentence."""
        part = article.partition("Cambia la modalità CRM\n")[2].partition("\nRiepilogo")[0]
        pages = part.split("Passando dal CRM classico al CRM semplice, ")[1:]
        assert len(pages) == 2
        for page, text in zip(OptionPage, pages, strict=True):
            options = text.splitlines()[1:]
            labels = [found[1] for line in options if (found := re.match(r"((?!Se )[^.]{5,60})\. \S", line))]
            texts = language("it").pages[page]
            ours = [getattr(texts, option).label for option in OPTION_PAGES[page]]
            assert labels[: len(ours)] == ours

    def test_modes(self, article: str) -> None:
        """Both modes with what tells them apart."""
        named = [f"{each.name} ({each.leads})" for each in language("it").modes.values()]
        assert f"due modalità CRM: {named[0]} e {named[1]}" in article

    def test_menu_steps(self, article: str) -> None:
        """As many steps as the article has, and in each the names of what is clicked or tapped."""
        part = article.partition("Scelta della modalità CRM")[2].partition("Cambia la modalità CRM")[0]
        steps = re.findall(r"^ +\d+\. (.+)$", part, re.MULTILINE)
        names = [
            ("CRM", "Lead o Affari", "Impostazioni (⚙️)", "Modalità CRM", "modalità"),
            ("CRM", "Lead o Affari", "Tre puntini (...)", "Modalità CRM", "modalità"),
        ]
        ours = [step for page in OptionPage for step in language("it").pages[page].steps]
        assert len(steps) == len(ours) == 10
        for name, theirs, own in zip([*names[0], *names[1]], steps, ours, strict=True):
            assert name in theirs
            assert name in own
        assert "clic" in ours[2]
        assert "Tocca" in ours[7]

    def test_names_of_the_pages(self, article: str) -> None:
        """The web version and the mobile app."""
        for page in OptionPage:
            assert f"\n{language('it').pages[page].name}\n" in article
