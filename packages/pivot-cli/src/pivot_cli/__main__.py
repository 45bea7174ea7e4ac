"""``python -m pivot_cli`` is ``pivot``."""

from pivot_cli.main import main

main()
