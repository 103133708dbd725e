"""The message service's two versions over HTTP, for callers with a DPoP-bound token of HelseID."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, Response, jsonify, request
from lxml.etree import XMLSyntaxError
from support.message_service_faults import problem

from portal.domain import dpop
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.message_service import Message, MessageService

_WINDOW = timedelta(seconds=10)
_NAME = "nhn-source-system"


class Seen(NamedTuple):
    """A request and what was answered; `operation` has ids as `{id}`."""

    operation: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


def app_of(service: MessageService, audience: str, scope: str, her_id: int) -> Flask:
    """Every operation that a sender needs, on one page."""
    app = Flask(__name__, static_folder=None)
    rules: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("3", "POST", "/messages", _post_v3),
        ("3", "GET", "/messages/<id>", _metadata_v3),
        ("3", "GET", "/messages/<id>/status", _status_v3),
        ("3", "GET", "/messages/<id>/business-document", _document),
        ("3", "PUT", "/messages/<id>/downloaded", _downloaded),
        ("3", "GET", "/notifications", _notifications),
        ("3", "PUT", "/mshconfigurations", _configure),
        ("2", "POST", "/Messages", _post_v2),
        ("2", "GET", "/Messages", _unread),
        ("2", "GET", "/Messages/<id>/business-document", _document),
        ("2", "PUT", "/Messages/<id>/read/<int:herId>", _read),
    )
    for version, method, path, view in rules:
        operation = f"{method} {path.replace('<', '{').replace('>', '}').replace('int:', '')}"
        guarded = _guarded(service, view, version, operation, (audience, scope, her_id))
        app.add_url_rule(path, operation, guarded, methods=[method])
    return app


def _guarded(
    service: MessageService, view: Callable[..., Response], version: str, operation: str, whom: tuple[str, str, int]
) -> Callable[..., Response]:
    audience, scope, her_id = whom

    def answer(**ids: Any) -> Response:
        if refusal := _refusal(service, audience, scope):
            return refusal
        if request.headers.get("api-version") != version or not request.headers.get(_NAME):
            return problem(400, 1001)
        unconfigured = version == "3" and her_id not in service.configured and "mshconfigurations" not in operation
        return problem(400, 1001) if unconfigured else view(service, **ids)

    def noted(**ids: Any) -> Response:
        fault = service.faults.next(operation)
        said = fault(lambda: answer(**ids)) if fault else answer(**ids)
        service.seen.append(
            Seen(
                operation,
                request.path,
                request.args.to_dict(flat=False),
                {name.lower(): value for name, value in request.headers.items()},
                request.get_json(silent=True),
                said.status_code,
                said.get_json(silent=True),
            )
        )
        return said

    return noted


def _refusal(service: MessageService, audience: str, scope: str) -> Response | None:
    """401 unless the token is HelseID's, for this API, alive, and proved to be in the hands of its owner."""
    provider, (scheme, _, token) = service.provider, request.headers.get("Authorization", "").partition(" ")
    claims = provider.key.read(token, "at+jwt") if scheme == "DPoP" else None
    if claims is None or claims["exp"] <= provider.now().timestamp() or claims["aud"] not in (audience, [audience]):
        return problem(401)
    try:
        proof = dpop.check_proof(
            request.headers.get("DPoP", ""),
            method=request.method,
            url=f"{service.address}{request.path}",
            now=provider.now(),
            window=_WINDOW,
            access_token=token,
        )
    except OAuthError:
        return problem(401)
    if scope not in claims["scope"] or proof.jkt != claims["cnf"]["jkt"] or proof.jti in service.used:
        return problem(401)
    service.used.add(proof.jti)
    if service.wants_nonce and proof.nonce != "theirs":
        refused = problem(401)
        refused.headers.update({"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "theirs"})
        return refused
    return None


def _taken(service: MessageService, sender: int, receiver: int, document: str) -> Message | Response:
    try:
        return service.take(sender, receiver, b64decode(document, validate=True))
    except (ValueError, XMLSyntaxError, AssertionError):
        return problem(400, 1001)


def _post_v3(service: MessageService) -> Response:
    said = request.get_json()
    wanted = {"contentType": "application/xml", "contentTransferEncoding": "base64"}
    named = all(said.get(name) for name in ("messageTypeIdentificator", "applicationName", "applicationVersion"))
    if not named or len(said["receiverHerIds"]) != 1 or any(said.get(name) != value for name, value in wanted.items()):
        return problem(400, 1001)
    if said["senderHerId"] not in service.configured:
        return problem(403, 1202)
    taken = _taken(service, said["senderHerId"], said["receiverHerIds"][0], said["businessDocument"])
    return taken if isinstance(taken, Response) else _json({"id": taken.id}, 202)


def _metadata_v3(service: MessageService, id: str) -> Response:  # noqa: A002  NHN's name
    message = service.messages.get(id)
    if message is None:
        return problem(404, 1010)
    told = {"id": id, "senderHerId": message.sender, "receiverHerIds": [message.receiver]}
    return _json(told | ({"businessDocumentId": message.msg_id} if service.tells_msg_id else {}))


def _status_v3(service: MessageService, id: str) -> Response:  # noqa: A002
    message = service.messages.get(id)
    if message is None:
        return problem(404, 1010)
    told = {"receiverHerId": message.receiver, "transportDeliveryState": message.state, "sent": True}
    return _json({"statusList": [told | ({"apprecInfo": message.receipt} if message.receipt else {})]})


def _document(service: MessageService, id: str) -> Response:  # noqa: A002
    message = service.messages.get(id)
    if message is None:
        return problem(404, 1010)
    encoded = b64encode(message.document).decode()
    kinds = {"contentType": "application/xml", "contentTransferEncoding": "base64"}
    return _json({"businessDocument": encoded, **kinds})


def _downloaded(service: MessageService, id: str) -> Response:  # noqa: A002
    if id not in service.messages or request.get_json()["receiverHerId"] != service.messages[id].receiver:
        return problem(404, 1010)
    service.downloaded.append(id)
    return Response(status=204)


def _notifications(service: MessageService) -> Response:
    offset, most = request.args.get("Offset", type=int), request.args.get("NotificationsToFetch", 100, type=int)
    her_ids = {int(her_id) for her_id in request.args.getlist("HerIds")}
    if offset is None or not 1 <= most <= 1000 or not her_ids:
        return problem(400, 1001)
    if not her_ids <= service.configured.keys():
        return problem(403, 1202)
    ours = [one for one in service.notifications if one["notificationReceiverHerId"] in her_ids]
    new = [one for one in ours if one["offset"] > offset][:most]
    before = [one for one in ours if one["offset"] <= offset] if service.redelivers else []
    return _json({"notifications": before + new})


def _configure(service: MessageService) -> Response:
    for wanted in request.get_json()["configurations"]:
        service.configured[wanted["herId"]] = wanted
    return Response(status=204)


def _post_v2(service: MessageService) -> Response:
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or not isinstance(said.get("businessDocument"), str):
        return problem(400, 1001)
    if (said.get("contentType"), said.get("contentTransferEncoding")) != ("application/xml", "base64"):
        return problem(400, 1001)
    receivers = said.get("receiverHerIdsSubset") or [0]
    taken = _taken(service, 99000002, receivers[0], said["businessDocument"])
    if isinstance(taken, Response):
        return taken
    created = _json(taken.id, 201)
    created.headers["Location"] = f"{service.address}/Messages/{taken.id}"
    return created


def _unread(service: MessageService) -> Response:
    her_ids = {int(her_id) for her_id in request.args.getlist("ReceiverHerIds") if her_id.isdecimal()}
    most = request.args.get("MessagesToFetch", 10, type=int)
    if her_ids != {99000002}:
        return problem(403, 1202) if her_ids else problem(400, 1001)
    waiting = [one for one in service.messages.values() if one.receiver in her_ids and one.unread][:most]
    return jsonify(
        [
            {
                "id": one.id,
                "receiverHerId": one.receiver,
                "senderHerId": one.sender,
                "businessDocumentId": one.msg_id,
                "isAppRec": one.is_apprec,
            }
            for one in waiting
        ]
    )


def _read(service: MessageService, id: str, herId: int) -> Response:  # noqa: A002, N803  NHN's names
    message = service.messages.get(id)
    if message is None or message.receiver != herId:
        return problem(404, 1010)
    message.unread = False
    return Response(status=204)


def _json(said: Any, status: int = 200) -> Response:
    return Response(json.dumps(said), status, content_type="application/json")
