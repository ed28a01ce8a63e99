"""``python -m asygrammar`` is the command line."""

import sys

from asygrammar.cli import main

sys.exit(main())
