"""Options that several token commands share, and the members of a request that they become."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from typing import Any, Final

from service.cli.commands import words
from service.cli.times import DAY, HOUR, MINUTE

_UNITS: Final = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY}


def add_id(parser: ArgumentParser, *, several: bool = False) -> None:
    text = "the id, its first characters (at least 6), or the whole note"
    if several:
        parser.add_argument("ids", metavar="ID", nargs="*", help=text)
    else:
        parser.add_argument("id", metavar="ID", help=text)


def add_content(parser: ArgumentParser, *, required: bool = False) -> None:
    """What is signed into a value, but for its end, and the note."""
    parser.add_argument(
        "--note", metavar="TEXT", required=required, help="what it is for, 1 to 255 characters"
    )
    parser.add_argument(
        "--scope",
        metavar="S",
        action="append",
        required=required,
        help="what it may do; again, or S,S for several",
    )
    parser.add_argument(
        "--audience", metavar="A", action="append", help="which API it is for; else the default one"
    )
    parser.add_argument("--not-before", metavar="TIME", help="not valid before then (RFC 3339)")
    parser.add_argument("--allow-ip", metavar="CIDR", action="append", help="valid from these networks alone")


def add_reference(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--reference",
        action=BooleanOptionalAction,
        help="a short reference besides, for fields that hold no long token; introspection and gateways take it",
    )


def add_end(parser: ArgumentParser, *, required: bool = False, never: bool = True) -> None:
    end = parser.add_mutually_exclusive_group(required=required)
    end.add_argument("--days", metavar="N", type=int, help="it ends N days from now")
    end.add_argument(
        "--expires-at", metavar="TIME", help="it ends then (RFC 3339, like 2027-02-20T18:00:00Z)"
    )
    if never:
        end.add_argument(
            "--no-expiration", action="store_true", help="it never ends, where policy allows that"
        )


def add_overlap(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--overlap",
        metavar="TIME",
        type=seconds,
        help="the old value goes on so long: 90s, 15m, 1h, up to 7d (default: it ends at once)",
    )
    parser.add_argument(
        "--until-used",
        action="store_true",
        help="with --overlap: the old value ends as soon as the new one is used",
    )


def overlap(arguments: Namespace) -> dict[str, Any]:
    """The members that say how long the old value goes on; empty when it ends at once."""
    if arguments.overlap is None:
        return {"overlap_until_used": True} if arguments.until_used else {}
    return {"overlap": arguments.overlap} | ({"overlap_until_used": True} if arguments.until_used else {})


def seconds(text: str) -> int:
    """Of a number and its unit, like 1h. Raises ArgumentTypeError."""
    number, unit = text[:-1], _UNITS.get(text[-1:])
    if unit is None or not number.isascii() or not number.isdecimal() or len(number) > 6:
        raise ArgumentTypeError(f"{text!r} is no time: write 90s, 15m, 1h or 2d")
    return int(number) * unit


def content(arguments: Namespace) -> dict[str, Any]:
    """Members of a create or regenerate; what was not given is left out."""
    members = {
        "note": arguments.note,
        "scopes": [scope for text in arguments.scope for scope in words(text)] if arguments.scope else None,
        "audience": arguments.audience,
        "not_before": arguments.not_before,
        "allowed_ips": arguments.allow_ip,
        "reference": getattr(arguments, "reference", None),
    }
    return {name: value for name, value in members.items() if value is not None}


def end(arguments: Namespace) -> dict[str, Any]:
    """The one member that says when it ends; empty when nothing was said."""
    if arguments.days is not None:
        return {"expiration": arguments.days}
    if arguments.expires_at is not None:
        return {"expires_at": arguments.expires_at}
    return {"expiration": None} if getattr(arguments, "no_expiration", False) else {}
