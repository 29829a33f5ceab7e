"""What is refused before any use case is asked: faults of a request that only HTTP knows."""

from collections.abc import Sequence
from typing import ClassVar

from service.domain.errors import Fault, NotAllowed, NotSignedIn, Refused


class MalformedRequest(Refused):
    """The request cannot be understood. `faults` says where, if that can be said."""

    code: ClassVar[str] = "malformed_request"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class UnknownMembers(MalformedRequest):
    """The body has members that this call does not know."""

    code: ClassVar[str] = "unknown_member"


class UnknownParameters(MalformedRequest):
    """The query has parameters that this call does not know, or one of them twice."""

    code: ClassVar[str] = "unknown_parameter"


class SeveralCredentials(MalformedRequest):
    """More than one credential, or one in a shape that two readers could take differently (RFC 6750 section 2)."""

    code: ClassVar[str] = "several_credentials"


class AmbiguousFraming(MalformedRequest):
    """A body whose end two readers could find in different places (RFC 9112 section 6.1); the connection is closed."""

    code: ClassVar[str] = "ambiguous_framing"


class SessionEnded(NotSignedIn):
    """A session was shown that is none, or none any more."""


class CrossOrigin(NotAllowed):
    """A page of another origin sent this request with the browser's own credentials (R50)."""

    code: ClassVar[str] = "cross_origin"


class BodyTooSlow(Refused):
    """The body did not arrive in time; the connection is closed (R61)."""

    code: ClassVar[str] = "body_too_slow"


class BodyTooLarge(Refused):
    """More bytes than this call reads."""

    code: ClassVar[str] = "body_too_large"


class UnsupportedMediaType(Refused):
    """Not the media type, charset or content coding that this call reads."""

    code: ClassVar[str] = "unsupported_media_type"


class HeadersTooLarge(Refused):
    """A header line, or all of them together, is longer than any client of ours needs."""

    code: ClassVar[str] = "headers_too_large"
