import subprocess
from pathlib import Path

from tests.tools.provide import NODE_FOLDER

# RFC 7638 section 3.1
MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV"
    "4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7"
    "d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF4"
    "4-csFCur-kEgU8awapJzKnqDKgw"
)
THUMBPRINT = f"""
import {{ calculateJwkThumbprint }} from "jose";
console.log(process.versions.node, await calculateJwkThumbprint({{ kty: "RSA", e: "AQAB", n: "{MODULUS}" }}));
"""


def test_node_runs_the_locked_packages(node: Path) -> None:
    """Another implementation of JOSE stands ready to contradict ours: it knows the RFC's own example."""
    run = subprocess.run(
        [node, "--input-type=module", "--eval", THUMBPRINT],
        cwd=NODE_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )

    version, thumbprint = run.stdout.split()
    assert int(version.partition(".")[0]) >= 20
    assert thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", run.stderr
