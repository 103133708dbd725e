from __future__ import annotations

import pytest

from portal.domain.authorization_response import Response, read
from portal.errors import SignInError

ISSUER = "https://helseid-sts.test"
ISS, CODE, STATE = ("iss", ISSUER), ("code", "c-1"), ("state", "s-1")


def refused(parameters: list[tuple[str, str]]) -> tuple[str, str]:
    with pytest.raises(SignInError) as caught:
        read(parameters, issuer=ISSUER)
    return caught.value.code, caught.value.detail


def test_code_and_state_come_back() -> None:
    parameters = [CODE, STATE, ISS, ("session_state", "unused"), ("scope", "openid")]
    assert read(parameters, issuer=ISSUER) == Response("s-1", "c-1", iss=ISSUER)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param([CODE, ISS], id="H001 no state"),
        pytest.param([STATE, ISS], id="neither code nor error"),
        pytest.param([CODE, STATE, ISS, ("error", "access_denied")], id="H005 code and error"),
        pytest.param([CODE, CODE, STATE, ISS], id="H005 code twice"),
        pytest.param([CODE, STATE, ("state", "s-2"), ISS], id="H005 state twice"),
        pytest.param([CODE, STATE, ISS, ISS], id="iss twice"),
        pytest.param([CODE, STATE, ISS, ("x", ""), ("x", "")], id="anything twice"),
        pytest.param([("code", "c\0"), STATE, ISS], id="H007 NUL"),
        pytest.param([("code", "c\n"), STATE, ISS], id="line break"),
        pytest.param([("code", "c" * 10_240), STATE, ISS], id="H007 10 kB"),
        pytest.param([("code", "kode-æ"), STATE, ISS], id="H007 not ASCII"),
        pytest.param([("code", ""), STATE, ISS], id="empty code"),
        pytest.param([CODE, ("state", ""), ISS], id="empty state"),
        pytest.param([CODE, STATE, ISS, *((f"x{n}", "") for n in range(18))], id="many parameters"),
        pytest.param([("error", "nei æ"), STATE, ISS], id="error is not ASCII"),
    ],
)
def test_what_cannot_be_read(parameters: list[tuple[str, str]]) -> None:
    assert refused(parameters)[0] == "login_response_malformed"


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param([CODE, STATE], id="no iss"),
        pytest.param([CODE, STATE, ("iss", "https://helseid-sts.evil")], id="another issuer"),
        pytest.param([CODE, STATE, ("iss", f"{ISSUER}/")], id="a slash more"),
        pytest.param([("error", "access_denied"), STATE], id="an error without iss (RFC 9207 §2)"),
    ],
)
def test_an_answer_from_somebody_else(parameters: list[tuple[str, str]]) -> None:
    assert refused(parameters) == ("login_issuer_mismatch", "")


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        ("access_denied", ("login_denied", "access_denied")),
        ("login_required", ("login_not_completed", "login_required")),
        ("15849197352", ("login_not_completed", "error")),
    ],
)
def test_a_refusal_is_told_in_registered_words_once_its_state_is_known(error: str, refusal: tuple[str, str]) -> None:
    answer = read([("error", error), STATE, ISS, ("error_description", "any text")], issuer=ISSUER)
    assert answer.state == "s-1"
    with pytest.raises(SignInError) as caught:
        answer.proven_code()
    assert (caught.value.code, caught.value.detail) == refusal
