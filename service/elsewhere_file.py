"""The file of providers and platforms (`SAFECONDUCT_SSO_FILE`): read at start, all its faults told at once."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from safeconduct.document import CatalogueInvalid, Document, Table

from service.domain.provider import ALGORITHMS, Arrival, Elsewhere, GrantRule, Platform, Provider
from service.domain.secret import Secret
from service.setting_values import issuer_faults

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_SECRET: Final = re.compile(r"[\x21-\x7e]{1,512}")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?")
_LONGEST: Final = 512


def read_elsewhere(path: str, own_issuer: str) -> Elsewhere:
    """What the file says; nothing where no file is named. Secrets lie in files beside it, or at absolute paths.

    Raises:
        CatalogueInvalid: it cannot be read, or says what cannot be; with every fault.
    """
    if not path:
        return Elsewhere()
    try:
        members = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        document = Document({})
        document.root.fault(str(error))
        document.finish()
        return Elsewhere()
    document = Document(members)
    read = Elsewhere(
        providers=tuple(_provider(each, Path(path).parent) for each in document.root.array("providers")),
        platforms=tuple(_platform(each) for each in document.root.array("platforms")),
    )
    _judge(document.root, read, own_issuer)
    document.finish()
    return read


def elsewhere_faults(path: str, own_issuer: str) -> list[str]:
    """Every fault of the file, one line each."""
    try:
        read_elsewhere(path, own_issuer)
    except CatalogueInvalid as invalid:
        return [str(fault) for fault in invalid.faults]
    return []


def _judge(root: Table, read: Elsewhere, own_issuer: str) -> None:
    """What no table can tell by itself. Our own issuer is nobody to trust: its tokens manage nothing (threats 14)."""
    for kind, issuers in (
        ("providers", [each.issuer for each in read.providers]),
        ("platforms", [each.issuer for each in read.platforms]),
    ):
        for position, issuer in enumerate(issuers):
            if issuer.rstrip("/") == own_issuer:
                root.fault("is this service itself", kind, position, "issuer")
            if issuer in issuers[:position]:
                root.fault("stands here twice", kind, position, "issuer")
    ids = [each.id for each in read.providers]
    for position, name in enumerate(ids):
        if name in ids[:position]:
            root.fault("stands here twice", "providers", position, "id")


def _provider(table: Table, folder: Path) -> Provider:
    name = table.text("id", longest=32)
    if name and not _ID.fullmatch(name):
        table.fault("must be small letters, digits and dashes: it stands in an address", "id")
    return Provider(
        id=name,
        name=table.text("name", longest=64),
        issuer=_issuer(table),
        client_id=table.text("client_id"),
        client_secret=_secret(table, folder),
        scopes=_scopes(table),
        algorithms=_algorithms(table),
        userinfo=table.flag("userinfo", default=False),
        arrival=_arrival(table, create_users=True),
    )


def _platform(table: Table) -> Platform:
    jwks_uri = table.text("jwks_uri", default="", longest=2_048)
    if jwks_uri:
        _fault(table, "jwks_uri", issuer_faults(jwks_uri))
    origins = table.words("origins") if "origins" in table else ()
    for position, origin in enumerate(origins):
        if not _ORIGIN.fullmatch(origin):
            table.fault("must be a scheme, a host and, where it is another, a port", "origins", position)
    return Platform(
        issuer=_issuer(table),
        jwks_uri=jwks_uri or None,
        audience=table.text("audience"),
        scope=table.text("scope"),
        clients=frozenset(table.words("clients", required=True)),
        origins=frozenset(origins),
        algorithms=_algorithms(table),
        arrival=_arrival(table, create_users=False),
    )


def _arrival(table: Table, *, create_users: bool) -> Arrival:
    rules = []
    for rule in table.array("grants"):
        claim, value = rule.text("claim"), rule.text("value")
        rules.append(GrantRule(claim, value, rule.words("scopes", required=True)))
    return Arrival(
        create_users=table.flag("create_users", default=create_users),
        name_claim=table.text("name_claim", default="preferred_username"),
        grants=tuple(rules),
    )


def _issuer(table: Table) -> str:
    issuer = table.text("issuer", longest=2_048)
    if issuer:
        _fault(table, "issuer", issuer_faults(issuer.removesuffix("/")))
    return issuer


def _scopes(table: Table) -> tuple[str, ...]:
    scopes = table.words("scopes") if "scopes" in table else ("openid", "profile")
    if "openid" not in scopes:
        table.fault("must name openid", "scopes")
    return scopes


def _algorithms(table: Table) -> frozenset[str]:
    return frozenset(table.known("algorithms", ALGORITHMS) if "algorithms" in table else ALGORITHMS)


def _secret(table: Table, folder: Path) -> Secret | None:
    path = table.text("client_secret_file", default="", longest=_LONGEST)
    if not path:
        return None
    try:
        secret = (folder / path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        table.fault(f"cannot be read ({type(error).__name__})", "client_secret_file")
        return None
    if not _SECRET.fullmatch(secret):
        table.fault("must hold the secret alone", "client_secret_file")
    return Secret(secret)


def _fault(table: Table, name: str, faults: Iterable[str]) -> None:
    for fault in faults:
        table.fault(fault, name)
