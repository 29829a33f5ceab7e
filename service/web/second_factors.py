"""What can be done with second factors."""

from dataclasses import dataclass

from service.application.add_factor import AddFactor
from service.application.own_factors import OwnFactors
from service.application.prove_factor import ProveFactor
from service.application.reset_factors import ResetFactors


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    own: OwnFactors
    add: AddFactor
    prove: ProveFactor
    reset: ResetFactors
