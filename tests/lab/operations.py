"""Five changes that may be cut off anywhere, each with what must hold afterwards, however far it came."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from itertools import count

from keys import KeyState, Purpose
from tests.lab.evidence import (
    active_kids,
    audited,
    change,
    jwts,
    published_kids,
    ring,
    rows,
    signed_list,
    status,
)
from tests.lab.exchange import Answer, request_bytes
from tests.lab.replica import NEW_TOKEN, TOKENS, Person, Replica
from tests.servers.leash import wait_until

LISTED_WITHIN = 10  # seconds after the restart (F3)
FOLLOWED_WITHIN = 5  # seconds until a replica publishes the keys that are stored
_NUMBERS = count()


def bare(wire_id: str) -> str:
    """An id as it is stored."""
    return wire_id.replace("-", "")


@dataclass
class Operation(ABC):
    """One change at one replica. `prepare` makes what it needs, `check` asserts what its user was promised."""

    replica: Replica

    @abstractmethod
    def prepare(self) -> None:
        """Make what is to be changed."""

    @abstractmethod
    def request(self) -> bytes: ...

    @abstractmethod
    def check(self, answer: Answer) -> None:
        """*answer* is all that came back; the replica is up again."""

    @property
    def person(self) -> Person:
        return self.replica.administrator

    def as_person(self, method: str, path: str, **request: object) -> bytes:
        return request_bytes(method, path, authorization=self.person.authorization, **request)

    def is_active(self, token: str) -> bool:
        return self.replica.gateway.is_active(token)

    def in_the_list(self, token: str, expected: int) -> None:
        assert wait_until(lambda: status(self.replica, token) == expected, within=LISTED_WITHIN)


@dataclass
class Create(Operation):
    """R12: a row without a token may be, a token without a row may not."""

    note: str = ""

    def prepare(self) -> None:
        self.note = f"created at point {next(_NUMBERS)}"

    def request(self) -> bytes:
        return self.as_person("POST", TOKENS, json_body={**NEW_TOKEN, "note": self.note})

    def check(self, answer: Answer) -> None:
        records = [record for record in self.person.tokens().values() if record["note"] == self.note]
        seen = jwts(answer.raw)
        assert len(records) <= 1
        assert len(seen) == (answer.status == 201)
        if seen:
            assert len(records) == 1
            assert self.is_active(seen[0])
        for record in records:
            assert audited(self.replica, "token.created", f"token:{bare(record['id'])}") == 1
            assert self.person.call("DELETE", f"{TOKENS}/{record['id']}").status == 200
        for token in seen:
            assert not self.is_active(token)


@dataclass
class Regenerate(Operation):
    """R13: the old value lives and there is no other, or it is dead and the new one is recorded."""

    before: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        self.before = self.person.create()

    def request(self) -> bytes:
        path = f"{TOKENS}/{self.before['id']}/regenerate"
        return self.as_person("POST", path, json_body={"expiration": 20})

    def check(self, answer: Answer) -> None:
        record = bare(self.before["id"])
        values = rows(self.replica, f"SELECT jti, revoked_at FROM token_value WHERE token_id = '{record}'")
        [current] = rows(self.replica, f"SELECT jti FROM token WHERE id = '{record}'")
        live = [value["jti"] for value in values if value["revoked_at"] is None]
        seen = jwts(answer.raw)
        old_lives = self.is_active(self.before["token"])
        assert live == [current["jti"]]
        assert len(values) == (1 if old_lives else 2)
        assert audited(self.replica, "token.regenerated", f"token:{record}") == len(values) - 1
        assert len(seen) == (answer.status == 201)
        for token in seen:
            assert self.is_active(token)
            assert not old_lives
        self.in_the_list(self.before["token"], 0 if old_lives else 1)


@dataclass
class Revoke(Operation):
    """F3: what was acknowledged is durable; either way the lists learn of it, and a repeat converges (R11)."""

    token: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        self.token = self.person.create()

    def request(self) -> bytes:
        return self.as_person("DELETE", f"{TOKENS}/{self.token['id']}")

    def check(self, answer: Answer) -> None:
        lives = self.is_active(self.token["token"])
        assert not (answer.status == 200 and lives)
        assert audited(self.replica, "token.revoked", f"token:{bare(self.token['id'])}") == (not lives)
        assert (self.person.tokens()[self.token["id"]]["revoked_at"] is None) == lives
        self.in_the_list(self.token["token"], 0 if lives else 1)
        first, again = (self.person.call("DELETE", f"{TOKENS}/{self.token['id']}") for _ in range(2))
        assert first.status == again.status == 200
        assert first.json["revoked_at"] == again.json["revoked_at"]
        assert not self.is_active(self.token["token"])


@dataclass
class Disable(Operation):
    """R17: the account, its sessions and all its tokens end together or not at all."""

    user: Person | None = None
    tokens: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        self.user = self.person.invite(f"disabled at point {next(_NUMBERS)}")
        self.tokens = [self.user.create()["token"] for _ in range(2)]

    def request(self) -> bytes:
        return self.as_person("POST", f"/v1/admin/users/{self.user.id}/disable")

    def check(self, answer: Answer) -> None:
        live = [token for token in self.tokens if self.is_active(token)]
        signed_in = self.user.call("GET", "/v1/me").status == 200
        assert (live, signed_in) in (([], False), (self.tokens, True))
        assert not (answer.status == 200 and live)
        assert audited(self.replica, "user.disabled", f"user:{bare(self.user.id)}") == (not live)
        for token in self.tokens:
            self.in_the_list(token, 0 if live else 1)
        assert self.person.call("POST", f"/v1/admin/users/{self.user.id}/disable").status == 200
        assert not any(map(self.is_active, self.tokens))


@dataclass
class Rotate(Operation):
    """K1, K14, K7: one key is active, all of them open, and no live token loses the one that signed it."""

    token: dict[str, str] = field(default_factory=dict)
    before: str = ""

    def prepare(self) -> None:
        self.token = self.person.create()
        two_days = "created_at = created_at - 172800, published_at = published_at - 172800"
        change(self.replica, f"UPDATE signing_key SET {two_days} WHERE state = 'next'")
        [self.before] = active_kids(self.replica)[Purpose.ACCESS_TOKEN]

    def request(self) -> bytes:
        return self.as_person("POST", "/v1/admin/keys/rotate", json_body={"purpose": "access_token"})

    def check(self, answer: Answer) -> None:
        [active] = active_kids(self.replica)[Purpose.ACCESS_TOKEN]
        [_] = active_kids(self.replica)[Purpose.STATUS_LIST]
        next_ones = [key for key in ring(self.replica).keys if key.state is KeyState.NEXT]
        assert {key.purpose for key in next_ones} == set(Purpose)
        assert answer.status in {0, 200}, answer.raw
        assert audited(self.replica, "key.retire", f"key:{self.before}") == (active != self.before)
        assert not (answer.status == 200 and active == self.before)
        known = {active, self.before, *(key.kid for key in next_ones)}
        assert wait_until(lambda: known <= published_kids(self.replica), within=FOLLOWED_WITHIN)
        assert self.is_active(self.token["token"])
        fresh = self.person.create()
        assert self.is_active(fresh["token"])
        uri = json.loads(self.replica.call("GET", "/status-lists").body)["status_lists"][0]
        assert signed_list(self.replica, uri)


OPERATIONS = {
    "create": Create,
    "regenerate": Regenerate,
    "revoke": Revoke,
    "disable": Disable,
    "rotate": Rotate,
}
