"""One row of the attack table."""

from typing import NamedTuple

from safeconduct import VerificationPolicy
from safeconduct.errors import InvalidToken

from tests.vectors.forge import POLICY


class Attack(NamedTuple):
    """`error` is the right answer, None where the token must be taken; `id` begins with its number."""

    id: str
    token: str
    error: type[InvalidToken] | None
    policy: VerificationPolicy = POLICY
