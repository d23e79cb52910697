"""``python -m whet``: the command line."""

from whet.cli.main import main

main()
