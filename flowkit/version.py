"""The one place where flowkit's version stands: the build, `flowkit --version` and the messages read it here."""

from __future__ import annotations

VERSION = "0.1.0"
