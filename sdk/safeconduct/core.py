"""The verdict, without I/O: what is at hand decides, and what is not is asked for by raising Needed.

Both verifiers, with `await` and without, are loops around this one.
"""

import threading
from collections.abc import Callable, Collection, Sequence

from safeconduct.addresses import judge_address
from safeconduct.catalogue import ScopeCatalogue
from safeconduct.claims import Claims
from safeconduct.effective_time import Moment
from safeconduct.errors import (
    InsufficientScope,
    SafeconductError,
    TokenExpired,
    TokenMalformed,
    UnknownKey,
)
from safeconduct.issuer import Issuer
from safeconduct.jwks import KeySet
from safeconduct.parser import parse
from safeconduct.recall import Recall
from safeconduct.scope import covers_by_name, scope_names
from safeconduct.snapshot import Snapshot
from safeconduct.source import Question, Source
from safeconduct.status_list import VALID, judge_status
from safeconduct.token_cache import TOUCH_EVERY, Remembered, TokenCache
from safeconduct.transport import Response, TransportFailed, accepted
from safeconduct.verifier import check_parsed, judge_times
from safeconduct.want import Needed, Want

_LOOK_AHEAD_EVERY = 0.5  # seconds


class Core:
    """Judges tokens of one issuer by what `issuer`, `source` and `tokens` hold. Thread-safe."""

    def __init__(
        self,
        issuer: Issuer,
        source: Source,
        tokens: TokenCache,
        catalogue: ScopeCatalogue | None,
        snapshot: Snapshot | None,
    ) -> None:
        self.issuer = issuer
        self.source = source
        self._tokens = tokens
        self._catalogue = catalogue
        self._time = issuer.time
        self._max_staleness = issuer.profile.max_staleness
        self.recall = Recall(tokens, issuer.key_cache, self._time)
        self._lock = threading.RLock()
        self._snapshot = snapshot
        if snapshot is not None:
            snapshot.load(issuer, source)

    def verify(
        self,
        token: str,
        scope: str | Collection[str] | None,
        client_address: str | Callable[[], str | None] | None,
        max_staleness: int | None,
        since: float | None,
    ) -> Claims:
        """The claims of a token that holds now. `since` is the first moment of this very request.

        Raises:
            InvalidToken, InsufficientScope: it does not, or not for `scope`.
            Unavailable: this cannot be told.
            Needed: not before something was fetched.
        """
        moment = self._time()
        try:
            remembered = self._genuine(token, moment)
            if max_staleness is None and (recalled := self.recall(token, scope)) is not None:
                return recalled
            since = moment.monotonic if since is None else since
            return self._verdict(token, remembered, scope, client_address, max_staleness, since, moment)
        except Needed as needed:
            needed.since = moment.monotonic if since is None else since
            raise

    def _verdict(
        self,
        token: str,
        remembered: Remembered,
        scope: str | Collection[str] | None,
        client_address: str | Callable[[], str | None] | None,
        max_staleness: int | None,
        since: float,
        moment: Moment,
    ) -> Claims:
        """What is judged anew on every call, where the short way did not: status, address, scope."""
        address = client_address() if callable(client_address) else client_address
        claims = remembered.claims
        longest = self._max_staleness if max_staleness is None else min(max_staleness, self._max_staleness)
        status = self.source.status(Question(token, claims, since, longest, address), moment)
        if status != VALID:
            judge_status(status)
        if claims.allowed_ips:
            judge_address(claims, address)
        else:
            remembered.held = self.source.deciding(
                claims
            )  # from now on the list alone decides, where it does
        if scope is not None and (missing := self.missing(claims, scope)):
            raise InsufficientScope(f"not granted: {' '.join(missing)}", missing)
        return claims

    def _genuine(self, token: str, moment: Moment) -> Remembered:
        """All that needs no list: form, signature by a present key, issuer, audience, times.

        Raises:
            InvalidToken, Unavailable, Needed.
        """
        if type(token) is not str:
            raise TokenMalformed("a token is a string")
        remembered = self._tokens.peek(token)
        if remembered is None:
            return self._admit(token, moment)
        if not remembered.begins <= moment.now < remembered.ends:
            self._refuse_times(token, remembered.claims, moment.now)
        key_cache = self.issuer.key_cache
        if moment.monotonic >= key_cache.fresh_until:
            self._keys(moment)
        if key_cache.by_kid.get(remembered.kid) is not remembered.key:
            return self._admit(token, moment)
        if moment.monotonic - remembered.seen_at > TOUCH_EVERY:
            self._tokens.touch(token, remembered, moment.monotonic)
        return remembered

    def look_ahead(self) -> Sequence[Want]:
        """What to fetch although nobody waits for it; whoever is told so has to. Cheap where there is nothing."""
        monotonic = self._time.clock.monotonic()
        if monotonic < self.recall.look_ahead_at:
            return ()
        self.recall.look_ahead_at = monotonic + _LOOK_AHEAD_EVERY
        moment = self._time()
        with self._lock:
            return [*self.issuer.due(moment), *self.source.due(moment)]

    def take(self, want: Want, response: Response) -> None:
        """Take the answer to a want, or what is wrong with it.

        Raises:
            Needed: it cannot be judged before something else was fetched; then it is to be given again.
        """
        with self._lock:
            moment = self._time()
            try:
                answer = accepted(want.request, response)
                if not self.issuer.take(want, answer, moment):
                    self.source.take(want, answer, moment)
            except (TransportFailed, SafeconductError, ValueError):
                self.failed(want)

    @property
    def snapshot_due(self) -> bool:
        """Whether `save` is to be called, off the way of requests."""
        return self._snapshot is not None and self._snapshot.due(self._time().monotonic)

    def save(self) -> None:
        """Write the snapshot, where there is one."""
        if self._snapshot is not None:
            self._snapshot.save(self.issuer, self.source)

    def failed(self, want: Want) -> None:
        """What was wanted could not be had."""
        with self._lock:
            moment = self._time()
            self.issuer.failed(want, moment)
            self.source.failed(want, moment)

    def list_age(self, token: str) -> int | None:
        """Seconds since what the list shows that decides about `token`, if it was found good and one does."""
        remembered = self._tokens.peek(token)
        held = None if remembered is None else self.source.deciding(remembered.claims)
        return None if held is None or held.as_of < 0 else max(0, self._time().now - held.as_of)

    def bound(self) -> str:
        """In words: how soon a revoked token is refused."""
        return self.source.bound()

    def _admit(self, token: str, moment: Moment) -> Remembered:
        """Judge all that needs no list. Raises InvalidToken, Unavailable, Needed."""
        parsed = parse(token)
        key_cache = self.issuer.key_cache
        keys = key_cache.keys if moment.monotonic < key_cache.fresh_until else self._keys(moment)
        try:
            claims = check_parsed(parsed, keys, self.issuer.policy, moment.now)
        except UnknownKey:
            with self._lock:
                raise self.issuer.look_for(parsed.kid, moment) from None
        policy = self.issuer.policy
        begins = max(claims.iat, claims.nbf or 0) - policy.leeway
        remembered = Remembered(
            claims,
            keys.keys[parsed.kid],
            begins=begins,
            ends=claims.exp + policy.exp_leeway,
            seen_at=moment.monotonic,
        )
        if not claims.allowed_ips:
            remembered.held = self.source.deciding(claims)
        self._tokens.put(token, remembered)
        self.issuer.time.witness(claims.iat)
        return remembered

    def _keys(self, moment: Moment) -> KeySet:
        with self._lock:
            return self.issuer.keys(moment)

    def _refuse_times(self, token: str, claims: Claims, now: int) -> None:
        try:
            judge_times(claims, self.issuer.policy, now)
        except TokenExpired:
            self._tokens.drop(token)
            raise

    def missing(self, claims: Claims, scope: str | Collection[str]) -> tuple[str, ...]:
        """Those names of `scope` that the token does not cover."""
        return tuple(
            name
            for name in scope_names(scope)
            if name not in claims.scope and not self._covers(claims.scope, name)
        )

    def _covers(self, granted: Collection[str], wanted: str) -> bool:
        if self._catalogue is not None:
            return self._catalogue.covers(granted, wanted)
        metadata = self.issuer.discovery.metadata
        told = metadata.covers if metadata is not None else {}
        return any(covers_by_name(name, wanted) or wanted in told.get(name, ()) for name in granted)
