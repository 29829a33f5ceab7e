import json
from pathlib import Path

import pytest

from keys.thumbprint import thumbprint

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "thumbprints.json").read_text())
NAMED = {"RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x"), "EC": ("kty", "crv", "x", "y")}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["source"] for vector in VECTORS])
def test_a_kid_is_the_thumbprint_of_rfc_7638(vector):
    """Anyone can compute our kids from the keys: RFC 7638 section 3.1, RFC 8037 appendix A.3."""
    required = {name: vector["jwk"][name] for name in NAMED[vector["jwk"]["kty"]]}

    assert thumbprint(required) == vector["thumbprint"]


def test_the_order_of_members_does_not_matter():
    """The same key has one name however its JWK was written down."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

    assert thumbprint(jwk) == thumbprint(dict(reversed(jwk.items())))
