"""What may be done to a token or a query on its way, drawn at random; every change is one that must not be let in."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from support.forge import by_hand, encoded, weak_key

Changes = dict[str, Any]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_ALGORITHMS = ("none", "HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "RSA-OAEP", "rs256", "")
_headers = st.one_of(
    st.tuples(st.just("alg"), st.sampled_from(_ALGORITHMS) | junk.filter(lambda value: value != "RS256")),
    st.tuples(st.just("kid"), junk.filter(lambda value: value != "rsa-1")),
    st.tuples(st.just("typ"), junk.filter(lambda value: value not in ("JWT", None))),
    st.tuples(st.sampled_from(["crit", "b64"]), junk),
)
_TEXTS = ("iss", "aud", "nonce", "sub", "sid")
_claims = st.one_of(
    st.tuples(st.sampled_from(_TEXTS), junk.filter(lambda value: not isinstance(value, str))),
    st.tuples(st.sampled_from(["iss", "aud", "nonce"]), st.text(max_size=40)),
    st.tuples(st.sampled_from(["exp", "iat"]), junk.filter(lambda value: type(value) not in (int, float))),
    st.tuples(st.just("exp"), st.integers(max_value=1_700_000_000)),
    st.tuples(st.sampled_from(["iat", "nbf"]), st.integers(min_value=4_000_000_000)),
)


@st.composite
def tokens(draw: st.DrawFn, header: Changes, claims: Changes) -> str:
    """A token that is not the honest one of these: signed rightly over what is wrong, or wrongly over what is right."""
    honest = by_hand(header, claims)
    how = draw(st.sampled_from([_of_header, _of_claims, _of_bytes, _of_segments, _of_key, _of_spelling]))
    made: str = draw(how(header, claims, honest))
    return made


def _of_header(header: Changes, claims: Changes, _: str) -> st.SearchStrategy[str]:
    return _headers.map(lambda change: by_hand(header | dict([change]), claims))


def _of_claims(header: Changes, claims: Changes, _: str) -> st.SearchStrategy[str]:
    missing = st.sampled_from(["iss", "aud", "exp", "iat", "nonce", "sub", "sid"])
    left_out = missing.map(lambda name: {key: value for key, value in claims.items() if key != name})
    return (_claims.map(lambda change: claims | dict([change])) | left_out).map(lambda made: by_hand(header, made))


def _of_key(header: Changes, claims: Changes, _: str) -> st.SearchStrategy[str]:
    bits = st.sampled_from([1024, 2048])
    return bits.map(lambda many: by_hand(header, claims, weak_key(many)))


def _of_bytes(_: Changes, __: Changes, honest: str) -> st.SearchStrategy[str]:
    """One letter another one, left out or put in."""
    place, letter = st.integers(0, len(honest) - 1), st.sampled_from(ALPHABET + ".=+/ \n%")
    changed = st.builds(lambda at, to: honest[:at] + to + honest[at + 1 :], place, letter)
    return st.one_of(
        changed.filter(lambda made: made != honest),
        st.builds(lambda at, to: honest[:at] + to + honest[at:], place, letter),
        place.map(lambda at: honest[:at] + honest[at + 1 :]),
        place.map(lambda at: honest[:at]),
    )


def _of_segments(header: Changes, claims: Changes, honest: str) -> st.SearchStrategy[str]:
    head, body, signature = honest.split(".")
    parts = [head, body, signature, "", encoded(header), encoded(claims | {"sub": "the-victim"}), encoded(b"{}"), "AA"]
    drawn = st.lists(st.sampled_from(parts), min_size=0, max_size=6).map(".".join)
    return drawn.filter(lambda made: made != honest)


def _of_spelling(_: Changes, __: Changes, honest: str) -> st.SearchStrategy[str]:
    """The same bytes, written in another way."""
    tails = st.sampled_from(["=", "==", "\n", " ", ".", "A", "AA", "\0", "%3D"])
    last = st.integers(1, 63).map(lambda step: honest[:-1] + ALPHABET[(ALPHABET.index(honest[-1]) + step) % 64])
    ways: list[str] = [honest.swapcase(), honest.upper(), honest.replace("-", "+"), honest.replace("_", "/")]
    return st.one_of(
        tails.map(lambda tail: honest + tail),
        tails.map(lambda tail: tail + honest),
        tails.map(lambda tail: honest.replace(".", f"{tail}.")),
        last,
        st.sampled_from([way for way in ways if way != honest] or [""]),
    )


BROUGHT = {name: f"<{name}>" for name in ("code", "state", "iss")}
"""Stands for what a browser was really given; a case is drawn before there is any."""
_NAMES = ("code", "state", "iss", "error", "error_description", "session_state", "lang", "next", "q", "response")
_values = st.text(max_size=30) | st.sampled_from(["", "0", "null", "[]", "{}", "true", "%00", "../", "' OR 1=1"])


def queries() -> st.SearchStrategy[list[tuple[str, str]]]:
    """What a browser may bring that is not what it was given."""
    names = st.sampled_from(_NAMES) | st.text(max_size=10)
    values = _values | st.sampled_from(sorted(BROUGHT.values()))
    at_random = st.lists(st.tuples(names, values), max_size=8)
    mangled = st.tuples(names, values).map(lambda pair: list((BROUGHT | dict([pair])).items()))
    less = st.sampled_from(sorted(BROUGHT)).map(lambda name: [pair for pair in BROUGHT.items() if pair[0] != name])
    right = set(BROUGHT.items())
    return st.one_of(at_random, mangled, less).filter(lambda pairs: not right <= set(pairs))
