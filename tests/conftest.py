"""What holds for every test: none is judged by how long it takes, for a busy machine is no mistake."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("flowkit", deadline=None)
settings.load_profile("flowkit")
