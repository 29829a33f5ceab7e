"""Logs: one JSON object or one readable line an event, without secrets, without control characters (R15)."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from service.redaction import REDACTED, redact
from service.settings import Settings

_SECRET_MEMBERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "set_cookie",
        "password",
        "secret",
        "client_secret",
        "token",
        "access_token",
        "session",
        "jwt",
        "master_key",
        "private_key",
    }
)
_THUMBPRINTS: Final = frozenset({"kid"})
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x0A} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}

Event = MutableMapping[str, Any]


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send everything to standard error by the same rules; of the libraries only what is a warning or worse."""
    stream = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    writing: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,  # never the pretty one: it shows local variables
        redact_event,
        _renderer(as_json=wants_json(settings, stream)),
    ]
    structlog.configure(
        processors=[*shared, *writing],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *writing],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


def wants_json(settings: Settings, stream: TextIO) -> bool:
    """`auto` is readable on a terminal and JSON elsewhere."""
    return settings.log_format == "json" or (settings.log_format == "auto" and not stream.isatty())


def redact_event(_logger: Any, _method: str, event: Event) -> Event:
    """The event without secrets, in its members and in its texts, however deep."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if name.lower() in _SECRET_MEMBERS:
        return REDACTED
    match value:
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {str(below): _clean(str(below), item) for below, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(name, item) for item in value]
    text = value if isinstance(value, str) else repr(value)
    return (text if name in _THUMBPRINTS else redact(text)).translate(_CONTROL)


def _renderer(*, as_json: bool) -> structlog.typing.Processor:
    return structlog.processors.JSONRenderer() if as_json else _readable


def _readable(_logger: Any, _method: str, event: Event) -> str:
    """`12:00:01 warning  what happened  name=value`; a traceback below it, indented."""
    at, level = str(event.pop("at", ""))[11:19], str(event.pop("level", ""))
    happened, traceback = str(event.pop("event", "")), str(event.pop("exception", ""))
    members = "".join(f"  {name}={value}" for name, value in event.items())
    line = f"{at} {level:<8} {happened}{members}".replace("\n", "\\n")
    return "\n    ".join([line, *traceback.splitlines()])
