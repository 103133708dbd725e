"""`portal keys`: our own keys; nothing is stored, the operator's secret store is."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from joserfc.jwk import ECKey

from portal.cli.parsing import command, group

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `keys new`."""
    below = group(commands, "keys", "The portal's own keys.")
    new = command(below, "new", _new, "Print a fresh ES256 key for HelseID: private to stdout, public to stderr.")
    new.add_argument("--kid", metavar="K", help="name of the key; its thumbprint (RFC 7638) if not given")


def _new(arguments: Namespace) -> int:
    key = ECKey.generate_key("P-256")
    about = {"use": "sig", "alg": "ES256", "kid": arguments.kid or key.thumbprint()}
    print(json.dumps(key.as_dict(private=False) | about), file=sys.stderr)
    print(json.dumps(key.as_dict(private=True) | about))
    return 0
