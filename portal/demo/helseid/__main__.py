"""`python -m portal.demo.helseid --port N --config FILE.json`."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path

from portal.demo.helseid.app import create_app
from portal.demo.helseid.config import read
from portal.demo.helseid.provider import Provider
from portal.demo.helseid.server import listen
from portal.demo.standin import HOST, now, token


def main() -> None:
    """Serve until stopped; one line on standard output says when the port is open."""
    parser = ArgumentParser(prog="python -m portal.demo.helseid", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    given = parser.parse_args()
    provider = Provider(
        config=read(given.config),
        now=now,
        token=token,
        nonce_secret=secrets.token_bytes(32),
    )
    server = listen(create_app(provider), given.host, given.port)
    print(f"HelseID stand-in ready: {provider.issuer}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
