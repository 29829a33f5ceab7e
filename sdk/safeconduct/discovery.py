"""The issuer's metadata (RFC 8414 section 2): where its keys and all else are, on its own origin only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from safeconduct.effective_time import Moment
from safeconduct.errors import InvalidPolicy, Unavailable
from safeconduct.freshness import Freshness
from safeconduct.strict_json import read_object
from safeconduct.transport import Request, Response, origin
from safeconduct.want import Needed, Want

METADATA_LIMIT: Final = 256 * 1024
METADATA: Final = "metadata"

_PERIOD = 86_400.0
_JSON = frozenset({"application/json"})
_MEMBERS = {
    "jwks_uri": "jwks_uri",
    "introspection": "introspection_endpoint",
    "events": "revocation_stream_endpoint",
    "usage": "usage_endpoint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a verifier takes from it. An address on another origin than the issuer's is as good as none.

    `covers` is the issuer's catalogue in one line: scope name -> the names that it includes.
    """

    issuer: str
    jwks_uri: str
    introspection: str | None = None
    events: str | None = None
    usage: str | None = None
    covers: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], issuer: str) -> Self:
        """Read the metadata found at `issuer`.

        Raises:
            ValueError: of another issuer, byte for byte, or its keys are on another origin.
        """
        if document.get("issuer") != issuer:
            raise ValueError("the metadata is another issuer's")
        found = {name: _own_address(document.get(member), issuer) for name, member in _MEMBERS.items()}
        jwks_uri = found.pop("jwks_uri")
        if jwks_uri is None:
            raise ValueError("jwks_uri is missing or on another origin")
        return cls(issuer=issuer, jwks_uri=jwks_uri, covers=_covers(document), **found)


class Discovery:
    """The metadata of one issuer, as last read."""

    def __init__(self, issuer: str, jitter: Callable[[], float]) -> None:
        self._issuer = issuer
        self.freshness = Freshness(jitter)
        self.metadata: Metadata | None = None
        self.body = b""

    def known(self, moment: Moment) -> Metadata:
        """Raises Needed, Unavailable."""
        if self.metadata is None:
            if self.freshness.required(moment.monotonic, usable=False):
                raise Needed(self.want())
            raise Unavailable("the issuer's metadata cannot be read")
        return self.metadata

    def want(self) -> Want:
        return Want(METADATA, Request(metadata_uri(self._issuer), _JSON, METADATA_LIMIT))

    def take(self, response: Response, moment: Moment) -> None:
        """Raises ValueError where it is no metadata of this issuer's."""
        self.metadata = Metadata.from_document(read_object(response.body), self._issuer)
        self.body = response.body
        self.freshness.fetched(moment.monotonic, _PERIOD)


def metadata_uri(issuer: str) -> str:
    """Where OpenID Connect Discovery section 4 puts it: a static file server can hold it as well."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def own_origin(issuer: str) -> str:
    """Raises InvalidPolicy."""
    try:
        return origin(issuer)
    except ValueError as error:
        raise InvalidPolicy(f"{issuer!r}: {error}") from None


def _own_address(value: object, issuer: str) -> str | None:
    try:
        return value if isinstance(value, str) and origin(value) == origin(issuer) else None
    except ValueError:
        return None


def _covers(document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    listed = document.get("scopes_covered")
    if not isinstance(listed, dict):
        return {}
    return {
        name: frozenset(each for each in covered if isinstance(each, str))
        for name, covered in listed.items()
        if isinstance(covered, list)
    }
