import hashlib
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from safeconduct.jwks import KeySet

from keys import ALGORITHMS, KeyRing, algorithm, jwks, public_pem
from tests.unit.keys.rings import ACCESS, DAY, NOW, STATUS, a_key, bootstrapped, rotated


@pytest.fixture(scope="module")
def of_all_algorithms() -> KeyRing:
    return KeyRing(7, [a_key(purpose, name) for name in ALGORITHMS for purpose in (ACCESS, STATUS)])


def test_equal_rings_give_equal_bytes():
    """All replicas serve the same document with the same ETag, in whatever order they read the rows (R27)."""
    ring = rotated(bootstrapped(), NOW + DAY)
    again = KeyRing(ring.version, reversed(ring.keys))

    assert jwks(again) == jwks(ring)


def test_the_document_is_canonical_json_sorted_by_kid():
    """A pure function of the ring (K10)."""
    body = jwks(bootstrapped()).body
    document = json.loads(body)
    kids = [entry["kid"] for entry in document["keys"]]

    assert body == json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    assert kids == sorted(kids)
    assert len(kids) == 4


def test_the_etag_is_strong_and_follows_the_bytes():
    """RFC 9110 section 8.8.3: quotes included, no W/."""
    published = jwks(bootstrapped())

    assert published.etag == f'"{hashlib.sha256(published.body).hexdigest()[:32]}"'
    assert published.etag != jwks(bootstrapped()).etag


def test_the_version_is_told(of_all_algorithms):
    """A status list names the version it was signed under, so that verifiers refetch in time (R44)."""
    published = jwks(of_all_algorithms)

    assert (published.version, json.loads(published.body)["version"]) == (7, 7)


def test_entries_hold_public_members_only(of_all_algorithms):
    """K11, with `purpose`."""
    allowed = {"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "purpose"}
    entries = json.loads(jwks(of_all_algorithms).body)["keys"]

    assert set().union(*entries) == allowed
    assert {entry["use"] for entry in entries} == {"sig"}


def test_our_verifiers_read_every_entry(of_all_algorithms):
    """What we publish is what the SDK takes, purpose and algorithm included."""
    read = KeySet.from_document(json.loads(jwks(of_all_algorithms).body))

    assert {(key.kid, key.alg, key.purpose) for key in read} == {
        (key.kid, key.algorithm, key.purpose) for key in of_all_algorithms.keys
    }


def test_a_document_can_be_had_for_one_purpose(of_all_algorithms):
    """Third-party libraries know no purposes: status keys may be published apart (threats 9)."""
    apart = json.loads(jwks(of_all_algorithms, purposes=[ACCESS]).body)["keys"]

    assert {entry["purpose"] for entry in apart} == {"access_token"}


def test_an_empty_ring_gives_an_empty_set():
    """A GET before the first plan shows no keys, and makes none (R28)."""
    assert jwks(KeyRing(0)).body == b'{"keys":[],"version":0}'


def test_a_public_key_can_be_had_as_pem(of_all_algorithms):
    """For gateways that read no JWKS: the same key."""
    for key in of_all_algorithms.keys:
        read = load_pem_public_key(public_pem(key).encode())

        assert read == algorithm(key.algorithm).public_key(key.public_jwk)
