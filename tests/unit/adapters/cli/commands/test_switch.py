"""The command line offers all that a switch can be asked for."""

import inspect

import pytest
from attrs import fields_dict

from crmcore import ModeSwitchPolicy
from crmcore.adapters.cli.commands.switch import add_switch
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.memory import InMemoryStore


@pytest.mark.rule("POLICY-1", "POLICY-2", "POLICY-3")
def test_every_option_of_a_policy_is_an_option_of_the_command() -> None:
    """Under its own name, with its default; the pipeline is named without "id"."""
    from cyclopts import App

    app = App()
    add_switch(app, Terminal(), InMemoryStore.classic)
    command = app["switch"].default_command
    assert command is not None
    offered = {name: each.default for name, each in inspect.signature(command).parameters.items()}
    for name, option in fields_dict(ModeSwitchPolicy).items():
        assert offered.get(name.removesuffix("_id"), "not offered") == option.default, name
