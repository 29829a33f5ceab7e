from pathlib import Path

import pytest
from safeconduct.document import CatalogueInvalid

from service.domain.catalogue import CatalogueDocument
from service.domain.user import Grant, GrantKind

ISSUER = "https://tokens.example"
SHIPPED = (Path(__file__).parents[3] / "service" / "catalogue.toml").read_text()
KEYS = "1 to 10 public keys, each with kid, alg (ES256, RS256, PS256, EdDSA) and use: sig"
DECLARED = """
[grants.users]
ann = ["embed", "webhook_run"]
bob = "all"
"Zoë Ö" = "default"

[[machines]]
name = "robot"
responsible = ["ann"]

[[clients]]
name = "reports"

[[clients]]
name = "dashboards"
audiences = ["{issuer}/api"]
permissions = ["introspect", "revoke"]
"""


def test_a_file_says_who_there_is_and_what_they_may() -> None:
    """Names are names, aliases become scopes, and what is left out has its default."""
    document, declared = CatalogueDocument.of_file(SHIPPED + DECLARED, issuer=ISSUER)

    assert declared.grants == {
        "ann": Grant(GrantKind.LISTED, ("embed", "automation:webhook_run")),
        "bob": Grant(GrantKind.ALL),
        "Zoë Ö": Grant(),
    }
    assert [(m.name, m.responsible, m.grant) for m in declared.machines] == [("robot", ("ann",), Grant())]
    assert [(c.name, c.audiences, c.permissions) for c in declared.clients] == [
        ("reports", {f"{ISSUER}/api"}, {"introspect"}),
        ("dashboards", {f"{ISSUER}/api"}, {"introspect", "revoke"}),
    ]
    assert document == CatalogueDocument.from_toml(SHIPPED, issuer=ISSUER)


def test_the_stored_catalogue_holds_nobody() -> None:
    """Accounts and clients are stored where those made by hand are, and nowhere twice."""
    document, _ = CatalogueDocument.of_file(SHIPPED + DECLARED, issuer=ISSUER)

    assert "ann" not in document.to_json()
    assert not {"machines", "clients"} & document.to_document().keys()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[grants.users]\nann = "some"', 'grants.users.ann: must be "all", "default" or a list of scopes'),
        ("[grants.users]\nann = []", "grants.users.ann: must name at least one"),
        ('[grants.users]\nann = ["nope"]', "grants.users.ann: 'nope' is no scope of this catalogue"),
        ("[grants.users]\nann = 1", "grants.users.ann: must be a list of names"),
        ('[grants.users]\nann = "all"\nANN = "all"', "grants.users.ann: 'ann' stands here twice"),
        ('[[machines]]\nname = "r"', "machines[0].responsible: is missing"),
        ('[[machines]]\nname = "r"\nresponsible = []', "machines[0].responsible: must name at least one"),
        ('[[machines]]\nresponsible = ["a"]', "machines[0].name: is missing"),
        (
            '[[machines]]\nname = "r"\nresponsible = ["a"]\nsecret = "x"',
            "machines[0].secret: is not a member that exists here",
        ),
        (
            '[[machines]]\nname = "R"\nresponsible = ["a"]\n[grants.users]\nr = "all"',
            "grants.users.r: is declared as a machine: say its grant there",
        ),
        ('[[clients]]\nname = "c"\naudiences = ["urn:x"]', "clients[0].audiences: 'urn:x' is not known here"),
        ('[[clients]]\nname = "c"\npermissions = ["sign"]', "clients[0].permissions: 'sign' is not known here"),
        ('[[clients]]\nname = "c"\n[[clients]]\nname = "C"', "clients[1].name: 'C' stands here twice"),
        ('[[clients]]\nname = "c"\njwks = "x"', "clients[0].jwks: must be a table"),
        ('[[clients]]\nname = "c"\njwks.keys = []', f"clients[0].jwks: {KEYS}"),
        ('[[clients]]\nname = "c"\nsecret = "x"', "clients[0].secret: is not a member that exists here"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text: str, fault: str) -> None:
    """One mistake gives one line; least of all may a secret stand in a file."""
    with pytest.raises(CatalogueInvalid) as refused:
        CatalogueDocument.of_file(f"{SHIPPED}\n{text}\n", issuer=ISSUER)

    assert [str(each) for each in refused.value.faults] == [fault]
