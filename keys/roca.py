"""The fingerprint of RSA keys made by the Infineon library (ROCA, CVE-2017-15361).

Its primes are 65537^a modulo a product of small primes, so such a modulus is a power of 65537 modulo every
one of them. A sound modulus is that by accident once in more than 10^8 keys.
"""

_PRIMES = tuple(p for p in range(3, 168) if all(p % d for d in range(2, p)))


def _powers_of_65537(prime: int) -> frozenset[int]:
    return frozenset(pow(65537, exponent, prime) for exponent in range(prime - 1))


_RESIDUES = {prime: _powers_of_65537(prime) for prime in _PRIMES}


def has_roca_fingerprint(modulus: int) -> bool:
    """Whether the private key behind *modulus* can be computed by anyone."""
    return all(modulus % prime in residues for prime, residues in _RESIDUES.items())
