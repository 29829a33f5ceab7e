from dataclasses import dataclass

from service.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A user without a password, and the people who answer for it: at least one."""

    user: User
    responsible: tuple[User, ...]
