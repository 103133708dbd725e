"""A small threaded server that answers on loopback only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from portal.demo.standin import PathOnly

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.serving import BaseWSGIServer


def listen(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Open the port; raises ValueError for an address that others on the network could reach."""
    if not ip_address(host).is_loopback:
        message = "the stand-in for HelseID lets anyone be anyone: it answers on a loopback address only"
        raise ValueError(message)
    return make_server(host, port, app, threaded=True, request_handler=PathOnly)
