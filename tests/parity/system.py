"""One of the four systems: a live service with its catalogue applied, its people, and its API beside it."""

import contextlib
import http.client
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.cli.command import Safeconduct
from tests.consumers.resource_server import listens
from tests.lab.replica import PASSWORD, ROOT, TOKENS, Person, Replica, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.process import ServerProcess, free_port, private_folder

CATALOGUES = ROOT / "examples" / "catalogues"
SYSTEMS = ROOT / "examples" / "systems"


@dataclass
class System:
    """`root` is the administrator, `command` their command line."""

    replica: Replica
    root: Person
    command: Safeconduct

    @property
    def address(self) -> str:
        return self.replica.deployment.issuer

    @property
    def log(self) -> str:
        return self.replica.log.read_text()

    def apply(self, catalogue: Path) -> None:
        """As the catalogue's first lines tell their reader."""
        self.command.done("apply", str(catalogue), "--yes", lines=(PASSWORD,))

    def person(self, name: str, grant: object = "default") -> Person:
        """Somebody new, signed in."""
        self.root = confirmed(self.root)
        made = self.root.call("POST", "/v1/admin/users", json_body={"name": name, "grant": grant})
        assert made.status == 201, made.raw
        secret = made.json["invitation"]["link"].partition("#")[2]
        body = {"secret": secret, "password": PASSWORD}
        accepted = self.replica.call("POST", "/v1/invitations/accept", json_body=body)
        assert accepted.status == 201, accepted.raw
        return Person(self.replica, made.json["id"], accepted.json["token"])

    def client(self, name: str, *permissions: str) -> dict[str, str]:
        """CLIENT_ID and CLIENT_SECRET of a client for the catalogue's default API."""
        self.root = confirmed(self.root)
        body = {"name": name, "permissions": permissions}
        made = self.root.call("POST", "/v1/admin/clients", json_body=body)
        assert made.status == 201, made.raw
        return {"CLIENT_ID": made.json["id"], "CLIENT_SECRET": made.json["secret"]}

    def reason(self, token: str) -> str:
        """Why the service does not take a value; an empty word while it does."""
        answer = self.replica.call("GET", f"{TOKENS}/self", authorization=f"Bearer {token}")
        return "" if answer.status == 200 else answer.code


def confirmed(person: Person) -> Person:
    """The same with the password given again, under the session's new secret."""
    answer = person.call("POST", "/v1/session/confirm", json_body={"password": PASSWORD})
    assert answer.status == 200, answer.raw
    return replace(person, secret=answer.json["token"])


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class ResourceServer:
    """The system's own API."""

    port: int
    process: ServerProcess

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        *,
        bearer: str | None = None,
        form: Mapping[str, str] | None = None,
        json_body: object = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        body = None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        elif json_body is not None:
            body, headers["Content-Type"] = json.dumps(json_body), "application/json"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextlib.contextmanager
def running_system(
    leash: Leash, home: Path, catalogue: Path | None = None, **settings: str
) -> Iterator[System]:
    """Without a catalogue it is the shipped one, with limits out of the way."""
    patient = {
        "ANONYMOUS_REQUESTS_PER_MINUTE": "10000",
        "STATUS_LIST_TICK": "1",
        "STATUS_LIST_TTL": "2",
        **settings,
    }
    with running_replica(leash, **patient) as replica:
        root = replica.administrator
        command = Safeconduct.at(home, SAFECONDUCT_URL=replica.deployment.issuer)
        command.done("login", "ann", lines=(PASSWORD,))
        system = System(replica, root, command)
        if catalogue is not None:
            system.apply(catalogue)
        yield system


@contextlib.contextmanager
def running_api(name: str, system: System, leash: Leash, **environment: str) -> Iterator[ResourceServer]:
    """`examples/systems/{name}.py`, which trusts the system's tokens."""
    port = free_port()
    with private_folder(name, leash) as folder:
        process = ServerProcess(
            name,
            [sys.executable, SYSTEMS / f"{name}.py"],
            folder=folder,
            leash=leash,
            ready=lambda: listens(port),
            environment={"ISSUER": system.address, "PORT": str(port), "PYTHONUNBUFFERED": "1", **environment},
        )
        process.start()
        try:
            yield ResourceServer(port, process)
        finally:
            process.kill9()


def soon(seconds: int = 3) -> str:
    """An `expires_at` that a test can wait for."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def until_refused(system: System, token: str, code: str) -> None:
    """Returns once the service refuses the value for this reason."""
    assert wait_until(lambda: system.reason(token) == code, within=15)
