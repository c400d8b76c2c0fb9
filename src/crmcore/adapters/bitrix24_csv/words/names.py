"""Display names and what they stand for: stages and sources by code, persons by id; the tables made on import."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from attrs import frozen

from crmcore.domain.model.ids import SourceCode, UserId
from crmcore.domain.model.stages import LeadStages, Stage
from crmcore.domain.model.text import Discreet

__all__ = ["ACTIVITY_NAMES", "SOURCE_NAMES", "STAGE_NAMES", "Names", "Persons", "known_stages", "plain", "source_code"]

#: What the five standard lead stages are called: in the Russian export, in the documentation, in the library.
STAGE_NAMES: Mapping[str, tuple[str, ...]] = {
    "NEW": ("Не обработан", "Unprocessed", "Unassigned", "Not processed", "New"),
    "IN_PROCESS": ("В работе", "In progress"),
    "PROCESSED": ("Обработан", "Processed"),
    "CONVERTED": ("Качественный лид", "High-quality lead", "Good lead"),
    "JUNK": ("Некачественный лид", "Low-quality lead", "Junk lead"),
}

#: What the standard sources are called.
SOURCE_NAMES: Mapping[str, tuple[str, ...]] = {
    "CALL": ("Звонок", "Call"),
    "EMAIL": ("Электронная почта", "E-mail"),
    "WEB": ("Веб-сайт", "Website"),
    "ADVERTISING": ("Реклама", "Advertising"),
    "PARTNER": ("Существующий клиент", "Existing client"),
    "RECOMMENDATION": ("По рекомендации", "By recommendation"),
    "TRADE_SHOW": ("Выставка", "Trade show"),
    "WEBFORM": ("CRM-форма", "CRM form"),
    "CALLBACK": ("Обратный звонок", "Callback"),
    "RC_GENERATOR": ("Генератор продаж", "Sales generator"),
    "STORE": ("Интернет-магазин", "Online store"),
    "OTHER": ("Другое", "Other"),
}


#: What the standard types of activities are called: the product's number, the English name, then others.
ACTIVITY_NAMES: Mapping[str, tuple[str, ...]] = {
    "meeting": (
        "1", "Meeting", "Встреча", "Зустріч", "Incontro", "Riunione", "Appuntamento", "Termin", "Treffen",
        "Besprechung",
        "Reunión", "Cita", "Reunião", "Réunion", "Rendez-vous", "Spotkanie", "Toplantı", "Vergadering", "Schůzka",
    ),
    "call": (
        "2", "Call", "Incoming call", "Outgoing call", "Missed call", "Phone call", "Inbound call", "Outbound call",
        "Звонок", "Входящий звонок", "Исходящий звонок", "Пропущенный звонок", "Дзвінок", "Вхідний дзвінок",
        "Вихідний дзвінок", "Chiamata", "Chiamata in entrata", "Chiamata in uscita", "Telefonata", "Anruf",
        "Eingehender Anruf", "Ausgehender Anruf", "Telefonat", "Llamada", "Llamada entrante", "Llamada saliente",
        "Chamada", "Ligação", "Chamada recebida", "Chamada realizada", "Chamada de entrada", "Chamada de saída",
        "Appel", "Appel entrant", "Appel sortant", "Połączenie", "Rozmowa", "Połączenie przychodzące",
        "Połączenie wychodzące", "Arama", "Çağrı", "Oproep", "Hovor",
    ),
    "task": (
        "3", "Task", "To-do", "Задача", "Дело", "Завдання", "Справа", "Attività", "Compito", "Incarico", "Aufgabe",
        "Tarea", "Tarefa", "Tâche", "Zadanie", "Görev", "Taak", "Úkol",
    ),
    "email": (
        "4", "E-mail", "Incoming e-mail", "Outgoing e-mail", "Mail", "Incoming message", "Outgoing message", "Письмо",
        "Входящее письмо", "Исходящее письмо", "Электронное письмо", "Электронная почта", "Лист", "Вхідний лист",
        "Вихідний лист", "E-mail in entrata", "E-mail in uscita", "Posta elettronica", "Messaggio in entrata",
        "Messaggio in uscita", "Eingehende E-Mail", "Ausgehende E-Mail", "Eingehende Nachricht", "Ausgehende Nachricht",
        "Correo", "Correo electrónico", "Correo entrante", "Correo saliente", "E-mail recebido", "E-mail enviado",
        "Courriel", "E-mail entrant", "E-mail sortant", "Wiadomość", "Wiadomość e-mail", "Wiadomość przychodząca",
        "Wiadomość wychodząca", "E-posta",
    ),
}  # fmt: skip


@frozen(repr=False, eq=False)
class Names(Discreet):
    """The display names that a file used: of stages and sources by code, of persons by id."""

    stages: Mapping[str, str]
    sources: Mapping[str, str]
    persons: Mapping[int, str]


def plain(name: str) -> str:
    """A name as it is compared: case, runs of blanks and the spelling of "e-mail" do not matter."""
    return " ".join(name.split()).casefold().replace("e-mail", "email").replace("ё", "е")


def known_stages(stages: LeadStages) -> dict[str, Stage]:
    """Every code (as it is) and every name (as `plain` gives it) by which a stage of the catalogue may be called.

    The catalogue's own names come before the standard ones, which it may have given to another stage.
    """
    known = {str(stage.code): stage for stage in stages.stages}
    for stage in stages.stages:
        if stage.name:
            known.setdefault(plain(stage.name), stage)
    for stage in stages.stages:
        for name in (stage.code, *STAGE_NAMES.get(stage.code, ())):
            known.setdefault(plain(name), stage)
    return known


_SOURCES = {plain(name): code for code, names in SOURCE_NAMES.items() for name in (code, *names)}


def source_code(name: str) -> SourceCode:
    """The code of a source called by its display name: the standard one, else one made of the name.

    The same name gives the same code in every file, so that two imports can be counted together.

    >>> source_code("Website"), source_code("Spring fair")
    ('WEB', 'UC_DCA9D52041DD')
    """
    key = plain(name)
    return SourceCode(_SOURCES.get(key) or f"UC_{sha256(key.encode()).hexdigest()[:12].upper()}")


class Persons:
    """Gives persons who are only named ids from 1 on, in the order they appear, passing over ids in use."""

    def __init__(self, taken: Iterable[int] = ()) -> None:
        self._taken = set(taken)
        self._ids: dict[str, int] = {}
        self._next = 1

    def id_of(self, name: str) -> UserId:
        """The id of this person, a new one at the first call."""
        name = " ".join(name.split())
        if name not in self._ids:
            while self._next in self._taken:
                self._next += 1
            self._ids[name] = self._next
            self._next += 1
        return UserId(self._ids[name])

    def names(self) -> dict[int, str]:
        """The names by id."""
        return {id: name for name, id in self._ids.items()}
