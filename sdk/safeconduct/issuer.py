"""One issuer as a verifier knows it: its metadata and its keys, each fetched when needed and kept while good."""

from collections.abc import Callable, Iterator

from safeconduct.discovery import METADATA, Discovery, Metadata, own_origin
from safeconduct.effective_time import EffectiveTime, Moment
from safeconduct.errors import UnknownKey
from safeconduct.jwks import KeySet
from safeconduct.key_cache import KEYS, KeyCache
from safeconduct.policy import VerificationPolicy
from safeconduct.profiles import Profile
from safeconduct.transport import Response
from safeconduct.want import Want


class Issuer:
    """What sources and verdicts share. Does no I/O: it says what it wants and takes what was fetched."""

    def __init__(
        self, policy: VerificationPolicy, profile: Profile, time: EffectiveTime, jitter: Callable[[], float]
    ) -> None:
        self.policy = policy
        self.profile = profile
        self.time = time
        self.jitter = jitter
        self.origin = own_origin(policy.issuer)
        self.discovery = Discovery(policy.issuer, jitter)
        self.key_cache = KeyCache(limit=profile.keys_limit, jitter=jitter)

    def metadata(self, moment: Moment) -> Metadata:
        """Raises Needed, Unavailable."""
        return self.discovery.known(moment)

    def keys(self, moment: Moment) -> KeySet:
        """Raises Needed, Unavailable."""
        return self.key_cache.current(self.metadata(moment), moment)

    def look_for(self, kid: str, moment: Moment) -> UnknownKey:
        """The verdict on an unknown `kid`. Raises Needed, Unavailable."""
        return self.key_cache.look_for(kid, self.metadata(moment), moment)

    def due(self, moment: Moment) -> Iterator[Want]:
        """What is to be fetched ahead of need."""
        discovery, key_cache = self.discovery, self.key_cache
        if discovery.metadata is None:
            return
        if discovery.freshness.ahead(moment.monotonic):
            yield discovery.want()
        if key_cache.freshness.ahead(moment.monotonic):
            yield key_cache.want(discovery.metadata)

    def take(self, want: Want, response: Response, moment: Moment) -> bool:
        """Take what was fetched; False where the want was not for metadata or keys.

        Raises:
            SafeconductError, ValueError: it is worth nothing; what was held stays.
        """
        if want.key == METADATA:
            self.discovery.take(response, moment)
        elif want.key == KEYS:
            self.key_cache.take(response, moment)
        else:
            return False
        return True

    def failed(self, want: Want, moment: Moment) -> None:
        """What was wanted could not be had."""
        if want.key == METADATA:
            self.discovery.freshness.failed(moment.monotonic)
        elif want.key == KEYS:
            self.key_cache.failed(moment)
