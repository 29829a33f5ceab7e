"""Signed status lists by HTTP (Token Status List section 8): fetched when a token first points to one."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from safeconduct.claims import Claims
from safeconduct.effective_time import Moment
from safeconduct.errors import InvalidStatusList, Unavailable, UnknownStatus, UnknownStatusListKey
from safeconduct.issuer import Issuer
from safeconduct.parser import STATUS_LIST_TOKEN_LIMIT
from safeconduct.profiles import in_words
from safeconduct.source import Question
from safeconduct.sources.held_list import HeldList
from safeconduct.status_list import VALID
from safeconduct.status_list_token import SignedStatusList, check_status_list_token
from safeconduct.transport import Request, Response, origin
from safeconduct.want import Needed, Want

LISTS_BYTES: Final = 16 * 1024 * 1024

_MEDIA_TYPES = frozenset({"application/statuslist+jwt", "application/jwt", "application/octet-stream"})
"""The last one is what a static file server says of a file without an ending."""
_LEAST_PAUSE = 1.0  # seconds between two fetches of a list that does not serve
_IDLE = 600.0  # seconds without a question, after which a list is no longer fetched ahead


class SignedLists:
    """The default source. `max_bytes` of inflated lists are held, the longest unused ones go first."""

    def __init__(self, *, max_bytes: int = LISTS_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lists: OrderedDict[str, HeldList] = OrderedDict()

    def attach(self, issuer: Issuer) -> None:
        """Read the lists of `issuer` from now on, with its keys and profile."""
        self._issuer = issuer

    def status(self, question: Question, moment: Moment) -> int:
        """Raises Needed, Unavailable, UnknownStatus."""
        reference = question.claims.status
        if reference is None:
            return VALID  # lives no longer than a list does, or the policy would have refused it
        held = self._lists.get(reference.uri)
        if held is None:
            held = self._begin(reference.uri)
        held.asked_at = monotonic = moment.monotonic
        if monotonic >= held.deadline_at or not held.serves(moment.now, question.max_staleness):
            self._require(held, moment, question)
        return held.statuses.read(reference.idx)

    def deciding(self, claims: Claims) -> HeldList | None:
        return self._lists.get(claims.status.uri) if claims.status is not None else None

    def due(self, moment: Moment) -> Iterator[Want]:
        """The lists that were asked lately, ahead of their end."""
        for held in tuple(self._lists.values()):
            if moment.monotonic - held.asked_at < _IDLE and held.ahead(moment.monotonic):
                yield self._want(held)

    def take(self, want: Want, response: Response, moment: Moment) -> bool:
        """Raises Needed, InvalidStatusList, ValueError."""
        held = self._lists.get(want.key)
        if held is None:
            return False
        if response.status != 304:
            held.accept(self._checked(held.uri, response.body.decode("ascii"), moment), self._issuer.profile)
            held.token, held.etag = response.body, response.etag
        held.fetched(moment.monotonic, min(held.ttl, self._issuer.profile.refresh))
        self._lists.move_to_end(held.uri)
        self._make_room()
        return True

    def failed(self, want: Want, moment: Moment) -> None:
        """The list goes on serving until its end."""
        if (held := self._lists.get(want.key)) is not None:
            held.failed(moment.monotonic)

    def bound(self) -> str:
        profile = self._issuer.profile
        return (
            f"signed lists: within {in_words(profile.healthy)} while the issuer can be reached, within"
            f" {in_words(profile.bound)} whatever fails; then Unavailable"
        )

    def close(self) -> None:
        """Nothing runs beside the calls."""

    def held(self) -> tuple[HeldList, ...]:
        """All lists there are, some of them perhaps still empty."""
        return tuple(self._lists.values())

    def signed(self) -> dict[str, bytes]:
        tokens = {held.uri: held.token or held.stored for held in self.held()}
        return {uri: token for uri, token in tokens.items() if token}

    def restore(self, uri: str, token: bytes) -> None:
        """Raises UnknownStatus for a list of another origin."""
        self._begin(uri).stored = token

    def _begin(self, uri: str) -> HeldList:
        try:
            own = origin(uri) == self._issuer.origin
        except ValueError:
            own = False
        if not own:
            raise UnknownStatus("the status list is not on the issuer's origin")
        return self._lists.setdefault(uri, HeldList(uri, self._issuer.jitter))

    def _require(self, held: HeldList, moment: Moment, question: Question) -> None:
        """Return once the list serves. Raises Needed, Unavailable."""
        if held.stored:
            self._unpack(held, moment)
        serves = held.serves(moment.now, question.max_staleness)
        if self._may_ask(held, moment, question, serves=serves) and held.required(
            moment.monotonic, usable=serves
        ):
            raise Needed(self._want(held))
        if not serves:
            raise Unavailable("no status list is at hand that is young enough")

    @staticmethod
    def _may_ask(held: HeldList, moment: Moment, question: Question, *, serves: bool) -> bool:
        """Another copy is not asked for by the same request twice, nor twice a second by all of them."""
        tried_at = held.tried_at
        lately = tried_at >= question.since or moment.monotonic - tried_at < _LEAST_PAUSE
        return serves or held.under_way or not lately

    def _unpack(self, held: HeldList, moment: Moment) -> None:
        """Read a list out of a snapshot, if it still serves. Raises Needed, Unavailable."""
        try:
            held.accept(self._checked(held.uri, held.stored.decode("ascii"), moment), self._issuer.profile)
            held.token = held.stored
        except (InvalidStatusList, ValueError):
            pass
        held.stored = b""

    def _want(self, held: HeldList) -> Want:
        return Want(held.uri, Request(held.uri, _MEDIA_TYPES, STATUS_LIST_TOKEN_LIMIT, etag=held.etag))

    def _checked(self, uri: str, token: str, moment: Moment) -> SignedStatusList:
        issuer = self._issuer
        keys = issuer.keys(moment)
        try:
            signed = check_status_list_token(token, uri, keys, issuer.policy, moment.now)
        except UnknownStatusListKey as unknown:
            refusal = issuer.look_for(str(unknown.kid), moment)
            raise InvalidStatusList(str(refusal)) from None
        issuer.time.witness(signed.iat)
        issuer.key_cache.demand(signed.keyset_version, moment)
        return signed

    def _make_room(self) -> None:
        size = sum(len(held.statuses.packed) for held in self._lists.values())
        while size > self._max_bytes and len(self._lists) > 1:
            _, gone = self._lists.popitem(last=False)
            size -= len(gone.statuses.packed)
            gone.deadline_at = float("-inf")  # nobody may go on with what is no longer followed
