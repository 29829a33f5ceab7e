"""What is answered where a second factor is asked for."""

from collections.abc import Sequence
from typing import ClassVar

from service.domain.errors import NotAllowed, Refused
from service.domain.secret import Secret


class SecondFactorNeeded(Refused):
    """The password was right, and this account asks for more. `ticket` stands for the password in a second step."""

    code: ClassVar[str] = "second_factor_needed"

    def __init__(self, kinds: Sequence[str], *, ticket: Secret) -> None:
        super().__init__("give a code of your authenticator app, or a recovery code, as well")
        self.kinds = tuple(kinds)
        self.ticket = ticket


class SecondFactorMissing(NotAllowed):
    """The policy demands a second factor of this account, which has to be set up before anything else."""

    code: ClassVar[str] = "second_factor_required"

    def __init__(self) -> None:
        super().__init__("set up a second factor first, on the page Settings, Security")
