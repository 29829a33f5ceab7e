"""What a webhook carries: `{"type", "timestamp", "data"}` as Standard Webhooks has it. The members are API."""

import json
from typing import Any

from service.domain.identifiers import to_wire
from service.domain.message import Message, Subject
from service.domain.moments import rfc3339
from service.redaction import redact

_TIMES = ("expires_at", "first_at", "since")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def payload_of(message: Message) -> bytes:
    """The same bytes each time it is sent, so far as the names it uses have not changed."""
    document = {
        "type": str(message.kind),
        "timestamp": rfc3339(message.created_at),
        "data": {
            **({"owner": _owner(message)} if message.user_id is not None else {}),
            **({"tokens": [_token(each) for each in message.subjects]} if message.subjects else {}),
            **_detail(message),
        },
    }
    return _encode(document).encode()


def _owner(message: Message) -> dict[str, Any]:
    return {"id": to_wire(str(message.user_id)), "name": message.user_name}


def _token(subject: Subject) -> dict[str, Any]:
    return {
        "id": to_wire(subject.token_id),
        "note": None if subject.note is None else redact(subject.note),
        "expires_at": None if subject.expires_at is None else rfc3339(subject.expires_at),
    }


def _detail(message: Message) -> dict[str, Any]:
    """Times as RFC 3339, actors with their ids as the API has them, no address of anybody."""
    detail: dict[str, Any] = {}
    for name, value in message.detail.items():
        if name in _TIMES and isinstance(value, int):
            detail[name] = rfc3339(value)
        elif name == "by":
            detail[name] = _actor(str(value))
        elif name == "tokens":
            detail["token_count"] = value
        elif name == "reason":
            detail[name] = redact(str(value))
        elif name != "webhook":
            detail[name] = value
    return detail


def _actor(actor: str) -> str:
    kind, separator, name = actor.partition(":")
    return f"{kind}{separator}{to_wire(name)}" if len(name) == 32 else actor
