"""The page on which people choose the CRM mode; here its words, which need no extra."""

from crmcore.adapters.page.words import FaultyLanguage, Language, language, languages, read_language

__all__ = ["FaultyLanguage", "Language", "language", "languages", "read_language"]
