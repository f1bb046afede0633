"""`python -m flowkit` is the command line."""

from __future__ import annotations

from flowkit.cli.main import main

if __name__ == "__main__":
    main()
