"""Every page there is, filled with things to show, for tests that look at all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.edit import Edit
from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry, TokenRequest
from service.domain.user import Grant, GrantKind, Role
from tests.ui.site import Site


@dataclass(frozen=True)
class Filled:
    """The ids of what a filled site holds."""

    tokens: tuple[str, ...]
    revoked: str
    person: str
    machine: str
    kid: str
    client: str

    def public(self) -> list[str]:
        return [
            "/sign-in",
            "/forgotten",
            "/welcome",
            "/help",
            "/help/token_revoked",
            "/help/nothing_like_it",
            "/docs",
        ]

    def own(self) -> list[str]:
        token = self.tokens[0]
        return [
            "/token",
            "/tokens",
            "/tokens?search=nothing+like+it",
            "/tokens?state=revoked",
            "/tokens/new",
            "/tokens/new?note=Acme&scopes=automation+company:view&expires_in=30",
            f"/tokens/new?from={token}",
            f"/tokens/selected?do=remove&id={token}",
            f"/tokens/{token}",
            f"/tokens/{self.revoked}",
            f"/tokens/{token}/edit",
            f"/tokens/{token}/new-value",
            "/machines",
            f"/machines/{self.machine}",
            f"/machines/{self.machine}/tokens/new",
            "/check",
            "/profile",
            "/settings/access-tokens",
            "/settings/security",
            "/settings/sessions",
            "/confirmed",
            "/tokens/00000000-0000-4000-8000-000000000000",
        ]

    def administration(self) -> list[str]:
        return [
            "/admin/tokens",
            f"/admin/tokens/selected?do=remove&id={self.tokens[0]}",
            f"/admin/tokens/{self.revoked}",
            "/admin/people",
            f"/admin/people/{self.person}",
            "/admin/machines",
            f"/admin/machines/{self.machine}",
            f"/admin/clients/{self.client}/secret",
            f"/admin/tokens/selected?do=pause&id={self.tokens[0]}",
            "/admin/clients",
            "/admin/keys",
            f"/admin/keys/{self.kid}/compromise",
            "/admin/policy",
            "/admin/audit",
            "/admin/status",
        ]

    def all(self) -> list[str]:
        return [*self.public(), *self.own(), *self.administration()]


async def filled(
    site: Site, *, name: str = "ann", texts: Sequence[str] = ("Power Automate – weekly report",)
) -> Filled:
    """An administrator with tokens in every state, a machine user and a client for each of `texts`, which are in all
    names and reasons that they may be in.
    """
    services = site.authority.services
    ann = await site.person(name, role=Role.ADMINISTRATOR)
    actor = f"user:{ann.id}"
    notes = [*texts, *(f"token {number}" for number in range(5))]
    ids = []
    for number, note in enumerate(notes):
        request = TokenRequest(
            note=note,
            scopes=("automation:view", "company", "dashboard:view")[: number % 3 + 1],
            expiry=Expiry(days=(None, 1, 12, 90)[number % 4]),
        )
        made = await services.issue(request, owner_id=ann.id, actor=actor)
        ids.append(made.token.id)
    await services.revoke(ids[-1], owner_id=ann.id, actor=actor, reason=texts[0][:255])
    await services.edit(ids[-2], Edit(suspended=True), owner_id=ann.id, actor=actor, administrator=False)
    for text in texts:
        machine = await services.machines.create(
            name=f"m {text}"[:64], responsible=[name], grant=Grant(GrantKind.ALL), actor=actor
        )
        client, _ = await services.create_client(
            name=f"c {text}"[:64], audiences=(), permissions=("introspect",), actor="test"
        )
    keys = await services.list_keys()
    return Filled(
        tokens=tuple(map(to_wire, ids)),
        revoked=to_wire(ids[-1]),
        person=to_wire(ann.id),
        machine=to_wire(machine.user.id),
        client=client.id,
        kid=next(each.key.kid for each in keys if each.key.state == "active"),
    )
