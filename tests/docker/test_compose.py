"""The compose files: what they start is pinned, confined, and configured by settings that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from service.settings import Settings
from tests.docker.dockerfile import DOCKER
from tests.docker.test_dockerfile import PINNED

SECRETS = {"POSTGRES_PASSWORD": "p", "SAFECONDUCT_MASTER_KEY": "ab" * 32}
TEXT, YES, NAMES = {"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}}
DURATION = {"type": "string", "pattern": "^([0-9]+(us|ms|s|m|h))+$"}
VARIABLES = {"type": "object", "additionalProperties": {"type": "string"}}


def closed(required: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    """The JSON Schema of an object with these members and no other."""
    return {
        "type": "object",
        "properties": members,
        "required": list(required),
        "additionalProperties": False,
    }


def each(schema: dict[str, Any]) -> dict[str, Any]:
    """Of an object with members of any name."""
    return {"type": "object", "additionalProperties": schema}


CONDITION = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
SERVICE = closed(
    ("image", "restart"),
    image=TEXT,
    build=closed(("context", "dockerfile"), context=TEXT, dockerfile=TEXT),
    environment=VARIABLES,
    ports={"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:[0-9]+:[0-9]+$"}},
    volumes={"type": "array", "items": {"type": "string", "pattern": "^[^:]+:/[^:]*(:ro)?$"}},
    read_only=YES,
    tmpfs=NAMES,
    cap_drop=NAMES,
    security_opt=NAMES,
    stop_grace_period=DURATION,
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    networks=NAMES,
    depends_on={"anyOf": [NAMES, each(closed(("condition",), condition=CONDITION))]},
    healthcheck=closed(
        ("test",), test=NAMES, interval=DURATION, timeout=DURATION, retries={"type": "integer", "minimum": 1}
    ),
    command=NAMES,
)
SUBNETS = {"type": "array", "items": closed(("subnet",), subnet=TEXT)}
COMPOSE = closed(
    ("name", "services"),
    **{
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "x-replica": SERVICE | {"required": []},
    },
    services=each(SERVICE),
    networks=each(closed(ipam=closed(config=SUBNETS))),
    volumes=each(closed()),
)
"""What these files may say of what the Compose Specification lets them: a word that compose does not know, or takes in
another form, is refused.
"""
OURS = "safeconduct:0.1.0"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def substituted(text: str) -> str:
    """As compose fills variables in: a default after `:-`, and an error after `:?` for one that is not set."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        assert kind == "-" or name in SECRETS, f"{name} has no default and is not asked for"
        return SECRETS.get(name, rest)

    return _VARIABLE.sub(value, text)


@pytest.fixture(params=["compose.yaml", "compose.cluster.yaml"])
def compose(request: pytest.FixtureRequest) -> dict[str, Any]:
    return yaml.safe_load(substituted((DOCKER / request.param).read_text()))


def test_the_file_is_one_that_compose_reads(compose: dict[str, Any]) -> None:
    """Every key, and the form of every value, is one of the Compose Specification."""
    faults = [
        error.json_path + ": " + error.message for error in Draft202012Validator(COMPOSE).iter_errors(compose)
    ]

    assert faults == []


def test_images_are_pinned_and_what_is_named_is_there(compose: dict[str, Any]) -> None:
    """A file that starts something else tomorrow, or that compose refuses, is no deployment."""
    for service in compose["services"].values():
        assert PINNED.fullmatch(service["image"])
        assert service["restart"] == "unless-stopped"
        for name in (*service.get("depends_on", ()),):
            assert name in compose["services"]
        for network in service.get("networks", ()):
            assert network in compose["networks"]
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"]


def test_the_service_is_configured_by_settings_that_there_are(compose: dict[str, Any]) -> None:
    """Every SAFECONDUCT_ variable is read, and all of them together make sense."""
    replicas = [each for each in compose["services"].values() if each["image"] == OURS]

    assert replicas
    for replica in replicas:
        settings = Settings.from_env({"SAFECONDUCT_DATA_DIR": "/data", **replica["environment"]})
        assert settings.uses_sqlite == (len(replicas) == 1)
        assert int(replica["stop_grace_period"].rstrip("s")) > settings.shutdown_timeout
        assert replica["read_only"]
        assert replica["cap_drop"] == ["ALL"]
        assert replica["security_opt"] == ["no-new-privileges:true"]
        assert any(volume.endswith(":/data") for volume in replica["volumes"])
        assert (DOCKER / replica["build"]["context"] / replica["build"]["dockerfile"]).resolve() == (
            DOCKER / "Dockerfile"
        )


def test_only_loopback_is_published(compose: dict[str, Any]) -> None:
    """The issuer of these files is http on localhost; another address needs TLS first."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]

    assert ports == ["127.0.0.1:8080:8080"]


def test_each_replica_keeps_its_own_folder_and_redis_evicts_nothing() -> None:
    """What was published outlives the database in a folder of each (R9); a full Redis refuses writes (F20)."""
    cluster = yaml.safe_load(substituted((DOCKER / "compose.cluster.yaml").read_text()))["services"]
    volumes = [cluster[name]["volumes"] for name in ("replica-1", "replica-2")]
    redis = cluster["redis"]["command"]

    assert volumes[0] != volumes[1]
    assert redis[redis.index("--maxmemory-policy") + 1] == "noeviction"
    upstreams = set(re.findall(r"server (replica-\d+):8080", Path(DOCKER / "nginx.conf").read_text()))
    assert upstreams == {name for name in cluster if name.startswith("replica-")}
