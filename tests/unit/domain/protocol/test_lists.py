"""A command or an event that was added stands wherever others are listed."""

import ast
import inspect
from typing import Any, get_args

import pytest

from crmcore.application import crm
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.protocol import commands, events
from crmcore.domain.protocol.commands import Command
from crmcore.domain.protocol.events import Event
from crmcore.testing.strategies.commands import _by_type


def _public(module: Any) -> set[type]:
    """The classes that a module defines under a name without an underscore."""
    return {
        each
        for name, each in vars(module).items()
        if inspect.isclass(each) and each.__module__ == module.__name__ and not name.startswith("_")
    }


def _names(classes: Any) -> set[str]:
    return {each.__name__ for each in classes}


@pytest.mark.rule("MODE-6")
class TestCommands:
    """Whoever adds a command adds it everywhere."""

    def test_each_has_a_decision(self) -> None:
        """In the table that the driver goes by; the facade is looked at with the other public names."""
        found = _names(_public(commands) - {Command})
        assert found - _names(HANDLERS) == set(), "no decision in HANDLERS"
        assert found - set(commands.__all__) == set(), "not in commands.__all__"

    def test_each_is_asked_by_a_method(self) -> None:
        """A host calls methods; a command without one is out of its reach."""
        tree = ast.parse(inspect.getsource(crm))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert _names(HANDLERS) - used == set(), "no method of Crm asks for it"

    def test_each_is_drawn(self) -> None:
        """By itself, and among all others; setting aside is a step of `Crm` alone."""
        drawn = _names(HANDLERS) - {"SetAside"}
        assert drawn ^ _names(_by_type(1)) == set(), "not in testing/strategies/commands.py"


class TestEvents:
    """Whoever adds an event adds it everywhere."""

    def test_each_is_told(self) -> None:
        """In the union that observers match on; the facade is looked at with the other public names."""
        found = _names(_public(events))
        assert found - _names(get_args(Event)) == set(), "not in Event"
        assert found - set(events.__all__) == set(), "not in events.__all__"
