"""How the text of one setting is read."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit


def read_value(hint: object, text: str) -> object:
    """The value of a setting of this type: int, bool, str, Path, or names between commas. Raises ValueError."""
    if hint is int:
        if not text.strip().isascii() or not text.strip().isdecimal():
            raise ValueError(f"{text!r} is no whole number")
        return int(text)
    if hint is bool:
        if text.lower() not in {"1", "0", "true", "false", "yes", "no"}:
            raise ValueError(f"{text!r} is neither true nor false")
        return text.lower() in {"1", "true", "yes"}
    if hint is Path:
        return Path(text)
    if hint is str:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def issuer_faults(issuer: str) -> list[str]:
    """What makes it no issuer of ours (RFC 8414 section 2)."""
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return [f"{issuer!r} is no URL ({error})"]
    faults = []
    if parts.scheme not in {"http", "https"} or not host:
        return [f"{issuer!r} must be an https URL"]
    if parts.scheme == "http" and host not in {"localhost", "127.0.0.1", "::1"}:
        faults.append(f"http is for loopback alone; use https://{host}")
    if parts.query or parts.fragment or parts.username or "?" in issuer or "#" in issuer:
        faults.append("no query, fragment or user name may stand in it (RFC 8414 section 2)")
    if issuer.endswith("/"):
        faults.append("must not end with a slash")
    return faults


def network_faults(name: str, networks: Sequence[str]) -> list[str]:
    """Those that are no network."""
    faults = []
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            faults.append(f"{name}: {network!r} is no network in CIDR form")
    return faults
