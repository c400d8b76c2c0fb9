"""The command line in a process of its own, as the script `crmcore` starts it."""

__all__ = ["SCRIPT"]

#: What an interpreter runs behind `-c`. Unlike `crmcore.adapters.cli.main` alone, it keeps the collector from what it
#: loads, which takes a third of a short command.
SCRIPT = "import sys; from crmcore_cli import main; sys.exit(main())"
