"""Test vectors of the specifications. Each file names the source of its data."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safeconduct import KeyPurpose, KeySet, VerificationPolicy
from safeconduct.base64url import decode
from safeconduct.errors import InvalidStatusList, StatusListExpired, TokenMalformed, WrongType
from safeconduct.lst import decode_lst, encode_lst
from safeconduct.parser import parse
from safeconduct.status_list import StatusList
from safeconduct.status_list_token import check_status_list_token

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def by_source(vectors: list[dict[str, Any]], name: str = "source") -> list[Any]:
    return [pytest.param(vector, id=vector[name]) for vector in vectors]


LISTS = load("status_lists.json")["lists"]
SIGNED_LIST = load("status_lists.json")["token"]


@pytest.mark.parametrize("vector", by_source(load("jws.json")))
def test_a_published_signature_verifies_under_its_key(vector: dict[str, Any]) -> None:
    """RFC 7515, 7520 and 8037: the key object speaks the form of RFC 7518 exactly. No other vector of theirs in the
    compact form has an algorithm that a verifier of ours may use.
    """
    jwk = vector["jwk"] | {"kid": "vector", "use": "sig"}
    key = KeySet.from_document({"keys": [jwk]}).find("vector", KeyPurpose.ACCESS_TOKEN)
    text, _, signature = vector["token"].rpartition(".")

    assert key.verify(text.encode(), decode(signature))
    assert not key.verify(text.encode() + b"A", decode(signature))


@pytest.mark.parametrize("vector", by_source(load("jws.json")))
def test_a_published_token_without_typ_and_kid_is_still_no_token_of_ours(vector: dict[str, Any]) -> None:
    """Valid as a JWS, refused as an access token: the profile of RFC 9068 asks for more."""
    with pytest.raises((TokenMalformed, WrongType)):
        parse(vector["token"])


@pytest.mark.parametrize("vector", by_source(load("thumbprints.json")))
def test_a_published_key_loads_under_its_thumbprint(vector: dict[str, Any]) -> None:
    """RFC 7638 names are what our issuer uses as kid."""
    jwk = {"alg": "EdDSA"} | vector["jwk"] | {"kid": vector["thumbprint"], "use": "sig"}

    assert vector["thumbprint"] in KeySet.from_document({"keys": [jwk]})


@pytest.mark.parametrize("vector", by_source([v for v in LISTS if "statuses" in v], "name"))
def test_a_short_list_packs_and_reads_as_published(vector: dict[str, Any]) -> None:
    """Byte for byte, both ways."""
    statuses = StatusList.pack(bytes(vector["statuses"]), vector["bits"])

    assert statuses.packed.hex() == vector["packed"]
    assert decode_lst(vector["lst"], max_bytes=16) == statuses.packed
    assert list(statuses.unpack()) == vector["statuses"]


@pytest.mark.parametrize("vector", by_source([v for v in LISTS if "nonzero" in v], "name"))
def test_a_long_list_inflates_to_the_published_bytes(vector: dict[str, Any]) -> None:
    """Every value that is not zero stands where it should, and all others are zero."""
    packed = decode_lst(vector["lst"], max_bytes=1024 * 1024)
    statuses = StatusList(packed, vector["bits"])
    nonzero = {int(index): status for index, status in vector["nonzero"].items()}

    assert hashlib.sha256(packed).hexdigest() == vector["sha256"]
    assert len(statuses) == vector["size"]
    assert {index: statuses.read(index) for index in nonzero} == nonzero
    assert sum(map(bool, statuses.unpack())) == len(nonzero)


@pytest.mark.parametrize("vector", by_source([v for v in LISTS if "nonzero" in v], "name"))
def test_a_long_list_is_made_from_its_changes(vector: dict[str, Any]) -> None:
    """Setting the published entries one by one gives the published bytes."""
    empty = StatusList(bytes(vector["size"] * vector["bits"] // 8), vector["bits"])
    statuses = empty.changed((int(index), status) for index, status in vector["nonzero"].items())

    assert hashlib.sha256(statuses.packed).hexdigest() == vector["sha256"]
    assert decode_lst(encode_lst(statuses.packed), max_bytes=len(statuses.packed)) == statuses.packed


def test_the_published_status_list_token_is_read() -> None:
    """The draft's own signed example, under its example key, by a policy that takes its long life."""
    keys = KeySet.from_document({"keys": [SIGNED_LIST["jwk"] | {"purpose": "status_list"}]})
    lifetime = SIGNED_LIST["exp"] - SIGNED_LIST["iat"]
    patient = VerificationPolicy(issuer=SIGNED_LIST["issuer"], audiences=None, list_lifetime=lifetime)
    token, uri, iat = SIGNED_LIST["token"], SIGNED_LIST["uri"], SIGNED_LIST["iat"]

    read = check_status_list_token(token, uri, keys, patient, iat)

    assert (read.iat, read.exp, read.ttl) == (SIGNED_LIST["iat"], SIGNED_LIST["exp"], SIGNED_LIST["ttl"])
    assert list(read.statuses.unpack()) == SIGNED_LIST["statuses"]
    with pytest.raises(StatusListExpired):
        check_status_list_token(token, uri, keys, patient, SIGNED_LIST["exp"])
    with pytest.raises(InvalidStatusList):
        check_status_list_token(token, uri, keys, replace(patient, list_lifetime=3600), iat)
