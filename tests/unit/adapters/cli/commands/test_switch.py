"""The command line offers all that a switch can be asked for."""

import inspect
from typing import get_args, get_type_hints

import pytest
from attrs import fields_dict
from cyclopts import App

from crmcore import ModeSwitchPolicy, OptionPage
from crmcore.adapters.cli.commands.switch import add_switch
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.words import language


@pytest.mark.rule("POLICY-1", "POLICY-2", "POLICY-3")
def test_every_option_of_a_policy_is_an_option_of_the_command() -> None:
    """Under its own name, with its default; the pipeline is named without "id"."""
    app = App()
    add_switch(app, Terminal(), InMemoryStore.classic)
    command = app["switch"].default_command
    assert command is not None
    offered = {name: each.default for name, each in inspect.signature(command).parameters.items()}
    for name, option in fields_dict(ModeSwitchPolicy).items():
        assert offered.get(name.removesuffix("_id"), "not offered") == option.default, name


@pytest.mark.rule("POLICY-5")
def test_the_help_of_the_options_is_that_of_the_web_page() -> None:
    """In English; the command line adds only what is its own."""
    app = App()
    add_switch(app, Terminal(), InMemoryStore.classic)
    command = app["switch"].default_command
    assert command is not None
    given = get_type_hints(command, include_extras=True)
    helps = {name: get_args(given[name])[1].help for name in ("client", "pipeline", "keep_activities")}
    web = language("en").pages[OptionPage.WEB]
    keep = web.keep_activities
    assert helps == {
        "client": web.client.help,
        "pipeline": f"{web.pipeline_id.help} Give its id or its name. Default: the default pipeline.",
        "keep_activities": f"{keep.label}. On: {keep.on} Off: {keep.off}",
    }
