import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.cli.command import PASSWORD, PROGRAM, Safeconduct
from tests.servers.leash import Leash, wait_until
from tests.servers.process import ServerProcess, free_port, private_folder

SHIPPED = Path(__file__).resolve().parents[2] / "service" / "catalogue.toml"


@contextmanager
def running_service(leash: Leash) -> Iterator[tuple[str, Path]]:
    """A service with nothing in it: its URL and its folder, which holds its catalogue and the first link."""
    port = free_port()
    with private_folder("service", leash) as folder, serving(leash, folder, port) as url:
        yield url, folder


@contextmanager
def serving(leash: Leash, folder: Path, port: int, *, until: str = "/readyz") -> Iterator[str]:
    """The service of a folder, which may have been there before, once `until` answers 200: its URL.

    The catalogue is the shipped one, with confirmations that outlast the slowest run of these tests.
    """
    url, catalogue = f"http://localhost:{port}", folder / "catalogue.toml"
    catalogue.write_text(SHIPPED.read_text("utf-8").replace("confirm = 300 ", "confirm = 86400 "), "utf-8")

    def ready() -> bool:
        try:
            with urlopen(f"{url}{until}", timeout=5) as answer:  # noqa: S310 - a URL of our own
                return answer.status == 200
        except (URLError, OSError):
            return False

    server = ServerProcess(
        "safeconduct",
        [PROGRAM, "serve"],
        folder=folder,
        leash=leash,
        ready=ready,
        environment={
            "SAFECONDUCT_PORT": str(port),
            "SAFECONDUCT_ISSUER": url,
            "SAFECONDUCT_ANONYMOUS_REQUESTS_PER_MINUTE": "10000",
            "SAFECONDUCT_CATALOGUE_FILE": str(catalogue),
        },
    )
    server.start()
    try:
        yield url
    finally:
        server.kill9()


def first_link(folder: Path) -> Path:
    return folder / "data" / "first-admin-link"


def first_administrator(folder: Path, url: str) -> Safeconduct:
    """The person to whom the first link belongs, signed in as ann."""
    ann = Safeconduct.at(folder / "ann", SAFECONDUCT_URL=url)
    assert wait_until(first_link(folder).exists, within=20)  # it is written a moment after the port opens
    link = first_link(folder).read_text().strip()
    ann.done("users", "accept-link", "--name", "ann", lines=(link, PASSWORD))
    return ann


@pytest.fixture(scope="session")
def shared_service(leash: Leash) -> Iterator[tuple[str, Path]]:
    with running_service(leash) as service:
        yield service


@pytest.fixture(scope="session")
def url(shared_service: tuple[str, Path]) -> str:
    """One service for all tests that change nothing but what is their own."""
    return shared_service[0]


@pytest.fixture(scope="session")
def administrator(shared_service: tuple[str, Path]) -> Safeconduct:
    url, folder = shared_service
    return first_administrator(folder, url)


@pytest.fixture
def own_administrator(leash: Leash) -> Iterator[Safeconduct]:
    """The administrator of a service for this test alone."""
    with running_service(leash) as (url, folder):
        yield first_administrator(folder, url)


@pytest.fixture
def stranger(url: str, tmp_path: Path) -> Safeconduct:
    """Somebody at the shared service who is not signed in."""
    return Safeconduct.at(tmp_path / "stranger", SAFECONDUCT_URL=url)


_NUMBERS = itertools.count()


@pytest.fixture
def new_person(administrator: Safeconduct, url: str, tmp_path: Path) -> Callable[[], tuple[str, Safeconduct]]:
    """Makes people with accounts, signed in: their names and command lines."""

    def make() -> tuple[str, Safeconduct]:
        name = f"person-{next(_NUMBERS)}"
        made = administrator.json("users", "create", name)
        person = Safeconduct.at(tmp_path / name, SAFECONDUCT_URL=url)
        person.done("users", "accept-link", lines=(made["invitation"]["link"], PASSWORD))
        return name, person

    return make


@pytest.fixture
def person(new_person: Callable[[], tuple[str, Safeconduct]]) -> Safeconduct:
    return new_person()[1]
