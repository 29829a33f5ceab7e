"""A database of keys and tokens that fits into memory, and replicas that work on it."""

from collections import Counter
from dataclasses import dataclass, field

from keys import (
    JwsSigner,
    KeyRing,
    MasterKeys,
    Plan,
    Purpose,
    Step,
    Transition,
    apply,
    fulfil,
    jwks,
    open_signer,
)
from tests.unit.keys.rings import NOW


@dataclass
class Token:
    """A row of the token table, or a status list; and the JWS that its user holds."""

    purpose: Purpose
    kid: str
    iat: int
    exp: int
    jws: str
    revoked: bool = False


@dataclass
class Replica:
    """A process: what it holds in memory is lost by a crash."""

    masters: MasterKeys
    pending: tuple[KeyRing, tuple[Transition, ...]] | None = None


@dataclass
class World:
    """What is committed, and all that was ever committed or published before."""

    now: int = NOW
    ring: KeyRing = field(default_factory=lambda: KeyRing(0))
    history: list[KeyRing] = field(default_factory=list)
    published: list[tuple[int, int, bytes]] = field(default_factory=list)  # since when, version, body
    successes: Counter[int] = field(default_factory=Counter)  # by expected version
    born: dict[str, int] = field(default_factory=dict)  # kid, since when in the JWKS; in repeatable order
    tokens: list[Token] = field(default_factory=list)

    def store(self, ring: KeyRing, *, expected_version: int) -> bool:
        """Compare and set."""
        if self.ring.version != expected_version:
            return False
        self.successes[expected_version] += 1
        self.ring = ring
        self.history.append(ring)
        self.published.append((self.now, ring.version, jwks(ring).body))
        return True

    def carry_out(self, replica: Replica) -> bool:
        """Commit what the replica planned, on the ring that it planned on; a lost race is False."""
        before, transitions = replica.pending
        replica.pending = None
        ring = apply(before, transitions, now=self.now)
        done = self.store(ring, expected_version=before.version)
        self.born |= {step.kid: self.now for step in transitions if done and step.step is Step.PUBLISH}
        return done

    def think(self, replica: Replica, planned: Plan) -> bool:
        """Make the keys that a plan asks for; the commit is yet to come. False: nothing is to do."""
        replica.pending = (self.ring, fulfil(planned, replica.masters)) if planned else None
        return replica.pending is not None

    def issue(self, replica: Replica, purpose: Purpose, lifetime: int) -> Token:
        """One transaction: the active key under the lock, the time after it, the row, the signature."""
        key = self.ring.active(purpose)
        claims = {"iss": "https://tokens.example", "iat": self.now, "exp": self.now + lifetime}
        jws = JwsSigner(key, open_signer(key, replica.masters)).sign(claims)
        token = Token(purpose, key.kid, self.now, self.now + lifetime, jws)
        self.tokens.append(token)
        return token

    def live(self) -> list[Token]:
        """What its users and verifiers count on."""
        return [token for token in self.tokens if not token.revoked and self.now < token.exp]

    def latest_exp(self) -> dict[str, int]:
        """By kid, of the access tokens that are not revoked."""
        latest: dict[str, int] = {}
        for token in self.tokens:
            if token.purpose is Purpose.ACCESS_TOKEN and not token.revoked:
                latest[token.kid] = max(token.exp, latest.get(token.kid, 0))
        return latest

    def kids_published_at(self, time: int) -> bytes:
        """The JWKS as it was served at *time*."""
        return [body for since, _, body in self.published if since <= time][-1]
