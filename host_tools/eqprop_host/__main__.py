"""`python -m eqprop_host` is the `eqprop` command."""

import sys

from .cli import main

sys.exit(main())
