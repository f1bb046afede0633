"""Pages: the business in a browser, as an ASGI app that stands alone or is mounted in a host's.

Server-rendered; every page works without JavaScript. Knows the kit and nothing below it but words and shapes.
"""

from __future__ import annotations

from flowkit.web.application import create_app

__all__ = ["create_app"]
