"""The client's side of HTTP over a connection that is already made: nothing in an answer can lead it elsewhere."""

from __future__ import annotations

import socket
from http.client import HTTPConnection


class MadeConnection(HTTPConnection):
    """HTTP over a connection that is already made, and never made again: no redirects, no proxies from the environment."""

    def __init__(self, wire: socket.socket) -> None:
        super().__init__("already.connected")
        self.sock = wire
        self.auto_open = 0
