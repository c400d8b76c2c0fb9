"""`python -m crmcore`: the command line, with the exit codes of the script `crmcore`."""

import sys

from crmcore.adapters.cli import main

if __name__ == "__main__":
    sys.exit(main())
