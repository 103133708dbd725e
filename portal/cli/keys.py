"""`portal keys`: our own keys at HelseID, of which none signs that HelseID does not know."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from portal.cli import activation, surroundings
from portal.cli.parsing import command, group
from portal.domain.client_key import PrivateJwk, State, public_half
from portal.domain.client_registration import PublicKey
from portal.errors import RequestRejected
from portal.store import audit, client_keys
from portal.store.database import Database
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `keys new|activate|retire|list|signing`."""
    below = group(commands, "keys", "The portal's own keys, at HelseID and here.")
    new = command(below, "new", _new, "Make a key, keep it sealed and pending, and print its public half.")
    new.add_argument("--kid", metavar="KID", help="name of the key; its thumbprint (RFC 7638) if not given")
    new.add_argument("--rsa", action="store_true", help="RSA of 4096 bits for PS256, not P-256 for ES256")
    keep_nothing = "keep nothing: private half to stdout, public to stderr, for PORTAL_HELSEID_CLIENT_KEY"
    new.add_argument("--print", dest="printed", action="store_true", help=keep_nothing)
    said = "Register a key at HelseID, try it there, and sign with it from now on; again goes on where it stopped."
    activate = command(below, "activate", activation.run, said)
    activate.add_argument("kid", metavar="KID")
    activate.add_argument("--registered", action="store_true", help="it was put into Selvbetjening by hand")
    retire = command(below, "retire", _retire, "Take a key that is not active out of use.")
    retire.add_argument("kid", metavar="KID")
    command(below, "signing", _signing, "Print a first set of our own private keys, for PORTAL_SIGNING_KEYS.")
    command(below, "list", _list, "Print kid, alg, state, maker, last change and expiry of each, tab-separated.")


def _new(arguments: Namespace) -> int:
    key = _made(arguments.kid, rsa=arguments.rsa)
    if arguments.printed:
        print(json.dumps(public_half(key)), file=sys.stderr)
        print(json.dumps(key))
        return 0
    settings = surroundings.settings()
    if key["kid"] == settings.helseid_client_key["kid"]:
        raise RequestRejected("invalid_body", "kid: taken")
    with Database(settings.database_url).write() as session:
        client_keys.add(session, vault_of(settings), key, surroundings.user(), surroundings.now())
        audit.record(session, surroundings.act("key_made", f"key {key['kid']}", key["alg"]))
    print(json.dumps(public_half(key)))
    return 0


def _signing(_: Namespace) -> int:
    made: dict[str, ECKey | RSAKey] = {
        "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"),
        "RS256": RSAKey.generate_key(2048),
    }
    print(json.dumps([_named(key, alg, key.thumbprint()) for alg, key in made.items()]))
    return 0


def _made(kid: str | None, *, rsa: bool) -> PrivateJwk:
    made = RSAKey.generate_key(4096) if rsa else ECKey.generate_key("P-256")
    named = kid or made.thumbprint()
    if named.startswith("-") and not kid:
        return _made(kid, rsa=rsa)  # a command line would take it for an option
    key = _named(made, "PS256" if rsa else "ES256", named)
    try:
        PublicKey.model_validate(public_half(key))
    except ValidationError:
        raise RequestRejected("invalid_body", "kid: one line of at most 100 characters") from None
    return key


def _named(made: ECKey | RSAKey, alg: str, kid: str) -> PrivateJwk:
    private = {name: str(value) for name, value in made.as_dict(private=True).items()}
    return private | {"use": "sig", "alg": alg, "kid": kid}


def _retire(arguments: Namespace) -> int:
    with surroundings.database().write() as session:
        client_keys.retire(session, arguments.kid, surroundings.now())
        audit.record(session, surroundings.act("key_retired", f"key {arguments.kid}"))
    print(f"{arguments.kid} {State.RETIRED}")
    return 0


def _list(_: Namespace) -> int:
    settings = surroundings.settings()
    with Database(settings.database_url).read() as session:
        kept = client_keys.listed(session)
    first, passed = settings.helseid_client_key, any(key.state is State.ACTIVE for key in kept)
    print(first["kid"], first["alg"], State.RETIRED if passed else State.ACTIVE, "settings", "", "", sep="\t")
    for key in kept:
        when = map(_written, (key.changed_at, key.expires_at))
        print(key.kid, key.public["alg"], key.state, key.made_by, *when, sep="\t")
    return 0


def _written(instant: datetime | None) -> str:
    return instant.isoformat(timespec="minutes") if instant else ""
