"""What administrators decide: who may what, and under which policy."""

from dataclasses import dataclass

from service.application.policies import Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    policies: Policies
