"""Who is calling, by which kind of credential. Each route declares the kinds it takes."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct import Claims

from service.domain.client import Client
from service.domain.second_factor import UntoldChange
from service.domain.session import Session
from service.domain.token import TokenTruth
from service.domain.user import User


class CredentialKind(StrEnum):
    """`session` is anybody's who signed in; `user` one of those who may change what is theirs: no auditor's.
    `platform` is a platform's access token, by which its user does here what is theirs, where a route says so.
    """

    NOBODY = "nobody"
    SESSION = "session"
    USER = "user"
    TOKEN = "personal_access_token"  # noqa: S105 - a kind of credential
    PLATFORM = "platform"
    CLIENT = "client"
    GATEWAY = "gateway"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Nobody:
    """A caller who showed no credential, on a route that asks for none."""

    actor: str = "nobody"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a session that was live at `read_at`, by the database's clock; `notice` it was not told yet."""

    user: User
    session: Session
    read_at: int
    has_second_factor: bool = False
    notice: UntoldChange | None = None

    @property
    def actor(self) -> str:
        return f"user:{self.user.id}"

    def confirmed_within(self, seconds: int) -> bool:
        """Whether the password was given at most so long before the reading."""
        return self.read_at - self.session.confirmed_at <= seconds


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """A token that speaks for itself (`/self`)."""

    claims: Claims
    truth: TokenTruth

    @property
    def actor(self) -> str:
        return f"token:{self.truth.token_id}"


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """An authenticated client."""

    client: Client

    @property
    def actor(self) -> str:
        return f"client:{self.client.id}"


Principal = Nobody | SignedIn | TokenBearer | ResourceServer
