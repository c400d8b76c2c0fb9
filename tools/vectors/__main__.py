"""`python -m tools.vectors`: write the vectors anew, or with `--check` say what is stale."""

import sys

from tools.vectors.making import main

sys.exit(main())
