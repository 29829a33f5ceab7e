"""The service as an operator runs it, `safeconduct serve`: a process that a test may kill, freeze and start again."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from keys import new_master_key_text
from tests.lab.exchange import Answer, basic, exchange, request_bytes
from tests.servers.leash import Leash, wait_until
from tests.servers.process import ServerProcess, free_port, private_folder

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("safeconduct")
PASSWORD = "a lamp above the northern gate"
TOKENS = "/v1/personal-access-tokens"
NEW_TOKEN = {"expiration": 30, "scopes": ["automation:view"], "note": "weekly report"}

REPORTS = "https://reports.example/api"
SECOND_AUDIENCE = f'\n[[audiences]]\nid = "{REPORTS}"\nname = "Reports"\n'

# so that no test waits for what people would have to wait for
_PATIENT = {
    "confirm = 300 ": "confirm = 86400 ",
    "max_live_tokens_per_user = 100": "max_live_tokens_per_user = 100000",
    "max_creations_per_hour = 20 ": "max_creations_per_hour = 100000 ",
}


@dataclass(frozen=True)
class Deployment:
    """What all replicas of one issuer share. Without a `database_url` it is one replica, on SQLite.

    `direct_url` leads to the same database past every proxy.
    """

    folder: Path
    issuer: str
    master_key: str = field(default_factory=new_master_key_text)
    database_url: str = ""
    direct_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Path:
        """The shipped one, with limits out of the way."""
        path = self.folder / "catalogue.toml"
        if not path.exists():
            text = (ROOT / "service" / "catalogue.toml").read_text("utf-8")
            for shipped, patient in _PATIENT.items():
                assert shipped in text
                text = text.replace(shipped, patient)
            path.write_text(text + SECOND_AUDIENCE, "utf-8")
        return path

    @property
    def first_link(self) -> Path:
        return self.folder / "first-admin-link"

    def environment(self, port: int) -> dict[str, str]:
        ours = {
            "ISSUER": self.issuer,
            "PORT": str(port),
            "DATA_DIR": str(self.folder),
            "MASTER_KEY": self.master_key,
            "CATALOGUE_FILE": str(self.catalogue),
            **({"DATABASE_URL": self.database_url} if self.database_url else {}),
            **self.settings,
        }
        return {f"SAFECONDUCT_{name}": value for name, value in ours.items()}


class Replica(ServerProcess):
    """One process of a deployment. *before* are words that its command line is an argument of, like strace's, *after*
    more words of it, and *also* what goes into its environment for them.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        port: int,
        leash: Leash,
        name: str = "replica",
        before: Sequence[str | Path] = (),
        after: Sequence[str] = (),
        also: Mapping[str, str] | None = None,
    ) -> None:
        self.deployment = deployment
        self.port = port
        super().__init__(
            name,
            [*before, PROGRAM, "serve", *after],
            folder=deployment.folder,
            leash=leash,
            ready=self.is_ready,
            environment={**deployment.environment(port), **(also or {})},
        )

    def is_ready(self) -> bool:
        return exchange(self.port, request_bytes("GET", "/readyz"), within=5).status == 200

    def call(self, method: str, path: str, **request: Any) -> Answer:
        """One request, see `request_bytes`."""
        return exchange(self.port, request_bytes(method, path, **request))

    @cached_property
    def administrator(self) -> "Person":
        """The first administrator, signed in; their session outlives the process."""
        assert wait_until(
            self.deployment.first_link.exists, within=10
        )  # it is written after the first readiness
        secret = self.deployment.first_link.read_text().strip().partition("#")[2]
        accepted = self.call(
            "POST",
            "/v1/invitations/accept",
            json_body={"secret": secret, "password": PASSWORD, "name": "ann"},
        )
        assert accepted.status == 201, accepted.raw
        return Person(self, accepted.json["user"]["id"], accepted.json["token"])

    @cached_property
    def gateway(self) -> "Gateway":
        """A resource server that may introspect and revoke."""
        permissions = ["introspect", "revoke", "exchange", "disable_users"]
        made = self.administrator.call(
            "POST", "/v1/admin/clients", json_body={"name": "gateway", "permissions": permissions}
        )
        assert made.status == 201, made.raw
        return Gateway(self, basic(made.json["id"], made.json["secret"]))


@dataclass(frozen=True)
class Person:
    """Somebody with a bearer session."""

    replica: Replica
    id: str
    secret: str

    @property
    def authorization(self) -> str:
        return f"Bearer {self.secret}"

    def call(self, method: str, path: str, **request: Any) -> Answer:
        return self.replica.call(method, path, authorization=self.authorization, **request)

    def create(self, **members: object) -> dict[str, Any]:
        """A token of theirs, as it was answered."""
        answer = self.call("POST", TOKENS, json_body={**NEW_TOKEN, **members})
        assert answer.status == 201, answer.raw
        return answer.json

    def tokens(self) -> dict[str, dict[str, Any]]:
        """All of their records by id, the revoked ones as well."""
        states = "&".join(f"state={state}" for state in ("active", "expired", "suspended", "revoked"))
        answer = self.call("GET", f"{TOKENS}?{states}")
        assert answer.status == 200, answer.raw
        return {token["id"]: token for token in answer.json}

    def invite(self, name: str) -> "Person":
        """Somebody new, signed in."""
        made = self.call("POST", "/v1/admin/users", json_body={"name": name, "grant": "all"})
        assert made.status == 201, made.raw
        secret = made.json["invitation"]["link"].partition("#")[2]
        accepted = self.replica.call(
            "POST", "/v1/invitations/accept", json_body={"secret": secret, "password": PASSWORD}
        )
        assert accepted.status == 201, accepted.raw
        return Person(self.replica, made.json["id"], accepted.json["token"])


@dataclass(frozen=True)
class Gateway:
    """A client of the OAuth endpoints."""

    replica: Replica
    authorization: str

    def introspect(self, token: str) -> Answer:
        return self.replica.call(
            "POST", "/oauth2/introspect", authorization=self.authorization, form={"token": token}
        )

    def is_active(self, token: str) -> bool:
        answer = self.introspect(token)
        assert answer.status == 200, answer.raw
        return answer.json["active"]


@contextlib.contextmanager
def running_replica(
    leash: Leash,
    *,
    database_url: str = "",
    direct_url: str = "",
    also: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Replica]:
    """A deployment of one replica for as long as the block lasts, however the block left it.

    `settings` are the service's, in capitals and without their prefix; *also* is more of its environment.
    """
    port = free_port()
    with private_folder("lab", leash) as folder:
        deployment = Deployment(
            folder,
            f"http://localhost:{port}",
            database_url=database_url,
            direct_url=direct_url,
            settings=settings,
        )
        replica = Replica(deployment, port=port, leash=leash, also=also)
        replica.start()
        try:
            yield replica
        finally:
            replica.kill9()
