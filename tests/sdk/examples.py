"""The examples of APIs behind the verifier, each as a process of its own."""

import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.replica import Replica
from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a refusal; FastAPI puts it below `detail`."""
        return self.json.get("detail", self.json)["code"]


@dataclass
class Example:
    name: str
    port: int

    def call(self, authorization: str | None = None, method: str = "GET", path: str = "/connectors") -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method, path, headers={"Authorization": authorization} if authorization else {}
            )
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.call(path="/health").status == 200
        except OSError:
            return False


@contextmanager
def running_example(name: str, replica: Replica, leash: Leash, **environment: str) -> Iterator[Example]:
    """`examples/api_{name}.py` in front of the issuer that `replica` is."""
    example = Example(name, free_port())
    with private_folder(f"example-{name}", leash) as folder:
        process = ServerProcess(
            name,
            [sys.executable, EXAMPLES / f"api_{name}.py"],
            folder=folder,
            leash=leash,
            ready=example.is_up,
            environment={"ISSUER": replica.deployment.issuer, "PORT": str(example.port), **environment},
        )
        process.start()
        try:
            yield example
        finally:
            process.kill9()
