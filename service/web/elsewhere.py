"""What is done by the word of issuers that are not ours."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from service.application.back_channel_logout import BackChannelLogout
from service.application.disable_identity import DisableIdentity
from service.application.platform_credentials import PlatformCredentials
from service.application.sign_in_elsewhere import SignInElsewhere
from service.domain.provider import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereServices:
    """`providers` in the order of the file; pages of `origins` may call with their platform's tokens."""

    providers: tuple[Provider, ...]
    sign_in: SignInElsewhere
    platform: PlatformCredentials
    origins: frozenset[str]
    log_out: BackChannelLogout
    disable: DisableIdentity
    close: Callable[[], Awaitable[None]]
