"""Every text of the page, a file for each language: `en.toml`, `it.toml`, and those that a host brings.

`sections` says which texts there are, `reader` holds a file to it, `catalogue` has the languages of the package.
"""

from crmcore.adapters.words.catalogue import language, languages, read_language
from crmcore.adapters.words.language import Language
from crmcore.adapters.words.reader import FaultyLanguage

__all__ = ["FaultyLanguage", "Language", "language", "languages", "read_language"]
