"""What is in a table can be seen in a view, or stands here with the reason."""

import re

import pytest

from crmcore.adapters.sql.rows.records import COLUMNS
from crmcore.adapters.sql.rows.views import VIEWS
from crmcore.domain.model.ids import Kind

#: Columns that no view shows, and why.
UNSEEN = {
    "activity.unbound": "a trace for the library's own audit",
    "switch.version": "a switch is written twice and edited by nobody",
}
#: Kinds without a view, and why.
WITHOUT_A_VIEW = {
    Kind.PIPELINE: "its stages are one JSON text, and the spec names no question about them",
    Kind.COMMAND: "keys of commands are the library's own",
}


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind not in WITHOUT_A_VIEW])
def test_every_column_of_a_table_is_in_its_view(kind: Kind) -> None:
    """Whoever adds a field decides whether people see it."""
    (view,) = (view for view in VIEWS if view.tables.startswith(f"crm_{kind.value} r "))
    seen = {name for column in view.columns for name in re.findall(r"\br\.(\w+)", column.source)}
    unseen = {f"{kind.value}.{name}" for name in COLUMNS[kind] if name not in seen}
    assert unseen == {name for name in UNSEEN if name.startswith(f"{kind.value}.")}
