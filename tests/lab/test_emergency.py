"""The bad day: a key leaked, and three replicas have to forget it (R29)."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from safeconduct.lst import decode_lst

from tests.lab.cluster import Cluster, running_cluster
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer

JWKS, KEYS = "/.well-known/jwks.json", "/v1/admin/keys"
FORGOTTEN_WITHIN = 5  # seconds until no replica publishes the key


@pytest.fixture(scope="module")
def cluster(leash: Leash, postgres_server: PostgresServer) -> Iterator[Cluster]:
    with running_cluster(leash, postgres_server) as cluster:
        assert cluster.replicas[0].gateway
        assert wait_until(lambda: all(not active(cluster, r, "x") for r in cluster.replicas), within=20)
        yield cluster


def active(cluster: Cluster, replica: Replica, token: str) -> bool:
    """What one replica says to the gateway; a replica that does not know it yet counts as a yes."""
    answer = replica.call(
        "POST",
        "/oauth2/introspect",
        authorization=cluster.replicas[0].gateway.authorization,
        form={"token": token},
    )
    return answer.status != 200 or answer.json["active"]


def kids(replica: Replica) -> set[str]:
    return {key["kid"] for key in json.loads(replica.call("GET", JWKS).body)["keys"]}


def the_list(replica: Replica, token: str) -> tuple[str, dict[str, Any], int]:
    """The list that a token names, as this replica serves it: its kid, its claims, and the token's status in it."""
    place = jwt.decode(token, options={"verify_signature": False})["status"]["status_list"]
    body = replica.call("GET", "/" + place["uri"].split("/", 3)[3]).body
    claims = jwt.decode(body, options={"verify_signature": False})
    packed = decode_lst(claims["status_list"]["lst"], max_bytes=32_768)
    status = packed[place["idx"] // 4] >> 2 * (place["idx"] % 4) & 3
    return jwt.get_unverified_header(body)["kid"], claims, status


def compromise(replica: Replica, ann: str, kid: str) -> dict[str, Any]:
    answer = replica.call(
        "POST", f"{KEYS}/{kid}/compromise", authorization=ann, json_body={"reason": "found in a backup"}
    )
    assert answer.status == 200, answer.raw
    return answer.json


def test_a_leaked_token_key_is_forgotten_everywhere_and_nobody_waits(cluster: Cluster) -> None:
    """R29, K8, R44: inactive at every replica from the answer on; out of every JWKS in 5 s, and every list says so and
    names the new key set; whoever asks for a new token meanwhile gets one, by the next key, which all knew before.
    """
    first, second, third = cluster.replicas
    ann = first.administrator
    tokens = [ann.create()["token"] for _ in range(3)]
    kid = jwt.get_unverified_header(tokens[0])["kid"]
    known = kids(third)

    told = compromise(second, ann.authorization, kid)
    acknowledged = time.monotonic()
    with ThreadPoolExecutor(9) as pool:
        verdicts = list(
            pool.map(lambda pair: active(cluster, *pair), [(r, t) for r in cluster.replicas for t in tokens])
        )
    made = [
        replica.call("POST", TOKENS, authorization=ann.authorization, json_body=NEW_TOKEN)
        for replica in cluster.replicas
    ]
    forgotten = wait_until(lambda: all(kid not in kids(r) for r in cluster.replicas), within=FORGOTTEN_WITHIN)
    seconds = time.monotonic() - acknowledged

    def is_listed(replica: Replica) -> bool:
        _, claims, status = the_list(replica, tokens[0])
        return (
            status == 1 and claims["keyset_version"] == json.loads(replica.call("GET", JWKS).body)["version"]
        )

    assert verdicts == [False] * 9
    assert told["revoked_values"] == 3
    assert [owner["name"] for owner in told["owners"]] == ["ann"]
    assert {answer.status for answer in made} == {201}
    assert {jwt.get_unverified_header(answer.json["token"])["kid"] for answer in made} <= known - {kid}
    assert forgotten, seconds
    assert wait_until(lambda: all(is_listed(r) for r in cluster.replicas), within=20)


def test_a_leaked_status_key_signs_no_list_any_more(cluster: Cluster) -> None:
    """Threats 9: a drill of its own. Every list is signed by another key that was published before; no token ends."""
    first, _, third = cluster.replicas
    ann = first.administrator
    token = ann.create()["token"]
    lost, before, _ = the_list(third, token)
    known = kids(first)

    told = compromise(third, ann.authorization, lost)

    def is_signed_anew(replica: Replica) -> bool:
        kid, claims, status = the_list(replica, token)
        return kid != lost and kid in known and claims["version"] > before["version"] and status == 0

    assert (told["revoked_values"], told["owners"]) == (0, [])
    assert wait_until(lambda: all(lost not in kids(r) for r in cluster.replicas), within=FORGOTTEN_WITHIN)
    assert wait_until(lambda: all(is_signed_anew(r) for r in cluster.replicas), within=20)
    assert all(active(cluster, replica, token) for replica in cluster.replicas)
