"""KeySet: which documents load, and what their keys may do."""

from typing import Any

import pytest
from safeconduct import KeyPurpose, KeySet
from safeconduct.errors import InvalidKeySet, UnknownKey, WrongKeyPurpose

from tests.vectors.forge import KIDS, b64, public_jwk, sign, without
from tests.vectors.key_sets import REFUSED, SKIPPED, keys

FIELD = 2**255 - 19
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD
Point = tuple[int, int]


def add(p: Point, q: Point) -> Point:
    """Addition on the twisted Edwards curve of Ed25519 (RFC 8032 section 5.1)."""
    (x1, y1), (x2, y2) = p, q
    t = CURVE_D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + t, -1, FIELD) % FIELD,
        (y1 * y2 + x1 * x2) * pow(1 - t, -1, FIELD) % FIELD,
    )


def with_y(y: int) -> Point | None:
    """A point with this y, if there is one: x² = (y² - 1) / (dy² + 1)."""
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    return (x, y) if x * x % FIELD == square else None


def points_of_small_order() -> set[Point]:
    """All points whose order divides 8: the multiples of L times any point, found until there are eight."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        point = with_y(y)
        if point is None:
            continue
        torsion, n, power = (0, 1), order, point
        while n:
            torsion, n, power = (add(torsion, power) if n & 1 else torsion), n >> 1, add(power, power)
        multiples = [(0, 1)]
        for _ in range(7):
            multiples.append(add(multiples[-1], torsion))
        if len(set(multiples)) == 8:
            return set(multiples)
    raise AssertionError("no generator of the small subgroup among a hundred points")


@pytest.mark.parametrize("document", [pytest.param(REFUSED[name], id=name) for name in REFUSED])
def test_a_set_that_breaks_a_rule_is_refused_whole(document: Any) -> None:
    """One bad entry means a bad publisher; half a key set would hide it."""
    with pytest.raises(InvalidKeySet):
        KeySet.from_document(document)


@pytest.mark.parametrize("entry", [pytest.param(SKIPPED[name], id=name) for name in SKIPPED])
def test_an_entry_of_an_unknown_kind_is_left_out(entry: dict[str, Any]) -> None:
    """An issuer may add kinds of keys without breaking the verifiers of today."""
    key_set = KeySet.from_document(keys(public_jwk("ES256"), entry))

    assert [key.kid for key in key_set] == [KIDS["ES256"]]
    assert entry["kid"] not in key_set


@pytest.mark.parametrize("sign_of_x", [0, 1])
@pytest.mark.parametrize("point", sorted(points_of_small_order()))
def test_no_ed25519_point_of_small_order_is_a_key(point: Point, sign_of_x: int) -> None:
    """Under such a key one signature fits every text; the eight points are computed here from the curve."""
    x = (point[1] | sign_of_x << 255).to_bytes(32, "little")

    with pytest.raises(InvalidKeySet):
        KeySet.from_document(keys(public_jwk("EdDSA", x=b64(x))))


@pytest.mark.parametrize(("key", "length"), [("ES256", 64), ("RS256", 256), ("PS256", 256), ("EdDSA", 64)])
def test_a_key_verifies_its_own_signatures_of_exactly_one_length(key: str, length: int) -> None:
    """The form of RFC 7518 is the only one: no DER, nothing cut, nothing added."""
    verification_key = KeySet.from_document(keys(public_jwk(key))).find(KIDS[key], KeyPurpose.ACCESS_TOKEN)
    signature = sign("text", key)

    assert verification_key.signature_length == len(signature) == length
    assert verification_key.verify(b"text", signature)
    assert not verification_key.verify(b"Text", signature)
    assert not verification_key.verify(b"text", signature[:-1])
    assert not verification_key.verify(b"text", signature + b"\0")
    assert not verification_key.verify(b"text", b"")


def test_a_purpose_is_bound_to_its_key() -> None:
    """A leaked status list key signs no access token, and the other way round (R30)."""
    key_set = KeySet.from_document(keys(public_jwk("ES256"), public_jwk("status")))

    assert key_set.find(KIDS["status"], KeyPurpose.STATUS_LIST).purpose is KeyPurpose.STATUS_LIST
    with pytest.raises(WrongKeyPurpose):
        key_set.find(KIDS["status"], KeyPurpose.ACCESS_TOKEN)
    with pytest.raises(WrongKeyPurpose):
        key_set.find(KIDS["ES256"], KeyPurpose.STATUS_LIST)
    with pytest.raises(UnknownKey):
        key_set.find("nobody", KeyPurpose.ACCESS_TOKEN)


def test_a_key_without_purpose_signs_access_tokens_only() -> None:
    """Other issuers do not know the member."""
    key_set = KeySet.from_document(keys(without(public_jwk("ES256"), "purpose")))

    assert key_set.find(KIDS["ES256"], KeyPurpose.ACCESS_TOKEN).alg == "ES256"
    with pytest.raises(WrongKeyPurpose):
        key_set.find(KIDS["ES256"], KeyPurpose.STATUS_LIST)


def test_a_set_cannot_be_changed() -> None:
    """A set that is shared between tasks is replaced, never edited."""
    key_set = KeySet.from_document(keys(public_jwk("ES256")))

    with pytest.raises(TypeError):
        key_set.keys["new"] = key_set.keys[KIDS["ES256"]]
    with pytest.raises(AttributeError):
        key_set.version = 1


def test_the_version_of_the_set_is_kept() -> None:
    """A status list token that names a newer version makes a verifier fetch the set anew (R44)."""
    assert KeySet.from_document(keys(version=7)).version == 7
    assert KeySet.from_document(keys()).version is None


def test_fifty_keys_are_not_too_many() -> None:
    """The bound is fifty, and an empty set is a set."""
    fifty = [public_jwk("ES256", kid=f"k{n}") for n in range(50)]

    assert len(KeySet.from_document(keys(*fifty))) == 50
    assert len(KeySet.from_document(keys())) == 0


def test_two_readings_of_one_document_are_equal() -> None:
    """A cache can tell whether a key is still the same one."""
    document = keys(*(public_jwk(key) for key in ("ES256", "RS256", "PS256", "EdDSA", "status")), version=7)

    assert KeySet.from_document(document) == KeySet.from_document(document)
