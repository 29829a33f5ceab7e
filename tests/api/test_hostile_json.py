import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.bodies import judge
from service.api.token_bodies import NewToken, NewValue, edit, token_request
from service.domain.errors import Fault, Faulty
from service.domain.issuance import permit
from service.domain.user import Grant, GrantKind, Role, User, UserKind
from service.settings import Settings
from service.web.refusals import UnknownMembers
from service.wiring import shipped_catalogue

NOW = 1_800_000_000
MEMBERS = [
    "expiration",
    "expires_at",
    "scopes",
    "note",
    "audience",
    "not_before",
    "allowed_ips",
    "metadata",
    "reference",
    "resources",
    "suspended",
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**15),
    st.floats(),
    st.text(),
    st.sampled_from(
        [
            "automation",
            "company:view",
            "10.0.0.0/8",
            "2027-01-01T00:00:00Z",
            "9999-12-31T23:59:59+14:00",
            "\x00",
        ]
    ),
)
VALUES = st.recursive(
    LEAVES, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20
)
DOCUMENTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES)
CATALOGUE = shipped_catalogue(Settings())
ANN = User(
    id="0" * 32,
    kind=UserKind.PERSON,
    name="ann",
    role=Role.USER,
    password_hash=None,
    grant=Grant(GrantKind.ALL),
    created_at=0,
)
RULES = CATALOGUE.policy.of(ANN)


def judged(judge: Callable[[], object]) -> Sequence[Fault]:
    """The faults that were found; none when it was accepted. Anything else that is raised is a bug."""
    try:
        judge()
    except (Faulty, UnknownMembers) as refusal:
        return refusal.faults
    return ()


@given(document=DOCUMENTS, shape=st.sampled_from([NewToken, NewValue]))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_json_becomes_a_token_or_a_list_of_faults(document: dict[str, Any], shape: type) -> None:
    """Whatever types and ranges a body has, it is judged as a whole and never breaks the service."""

    def create() -> object:
        request = token_request(document, shape)
        return permit(request, grant=ANN.grant, rules=RULES, catalogue=CATALOGUE, now=NOW)

    assert all(fault.code and fault.detail for fault in judged(create))


@given(document=DOCUMENTS)
def test_any_json_becomes_an_edit_or_a_list_of_faults(document: dict[str, Any]) -> None:
    """As for a new token."""
    assert all(fault.code and fault.detail for fault in judged(lambda: edit(document)))


@given(value=VALUES)
def test_metadata_that_is_kept_can_be_answered(value: Any) -> None:
    """What was taken is JSON to every reader: finite, within 64 bits, within 4 KiB and eight levels."""
    request = token_request({"metadata": value}, NewValue)

    if request.metadata is not None:
        text = json.dumps(request.metadata, allow_nan=False, ensure_ascii=False)
        assert len(text.encode()) <= 2 * 4_096


@pytest.mark.parametrize("name", [member for member in MEMBERS if member != "suspended"])
def test_every_member_is_judged_by_itself(name: str) -> None:
    """A wrong type in one member hides no fault of another."""
    document = {name: object(), "note": 5} if name != "note" else {"note": object()}

    _, faults = judge(document, NewToken)

    assert {fault.where for fault in faults} >= ({name} if name != "resources" else set()) | {"note"}
