"""How Sphinx builds the documents and the reference into pages: `make site`."""

import re
from enum import Enum
from typing import Any

from sphinx.application import Sphinx

project = "crmcore"
author = "the crmcore contributors"
copyright = "the crmcore contributors, MIT licence"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"

# Headings are anchors as on GitHub, and the table of rules has no headings between its title and the rules.
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

# Docstrings are plain text: a name in backticks is a link where the reference has it, and code where not.
default_role = "py:obj"
add_module_names = False
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
# Counted with the full names of types, which are not shown.
python_maximum_signature_line_length = 150
toc_object_entries_show_parents = "hide"

# Pages that work from `file://`: all that they need lies beside them.
html_theme = "furo"
html_title = "crmcore"
html_static_path = ["static"]
html_css_files = ["crmcore.css"]
html_copy_source = False
html_show_sphinx = False
# Summaries are fetched page by page, which a browser forbids for files.
html_show_search_summary = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#175c8f", "color-brand-content": "#175c8f"},
    "dark_css_variables": {"color-brand-primary": "#8cc4ec", "color-brand-content": "#8cc4ec"},
}


#: A union of at least three events, as autodoc writes it.
_EVENTS = re.compile(r"~?crmcore[\w.]*\.events\.\w+(?: \| ~?crmcore[\w.]*\.events\.\w+){2,}")


def shorten(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Nobody makes a code, since its members are there; and any of the events is an `Event`."""
    if what == "class" and isinstance(thing, type) and issubclass(thing, Enum):
        return "", None
    return signature and _EVENTS.sub("Event", signature), returns


def setup(app: Sphinx) -> None:
    """Shorten the signatures of the reference."""
    app.connect("autodoc-process-signature", shorten)
