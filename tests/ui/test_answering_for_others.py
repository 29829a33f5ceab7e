"""What people do for machines, and administrators for everybody, by page."""

from dataclasses import replace

import aiohttp
from playwright.async_api import expect

from service.domain.descent import SCOPE
from service.domain.identifiers import to_wire
from service.domain.issuance import Expiry, TokenRequest
from service.domain.usage import Origin, Report
from service.domain.user import Grant, GrantKind, Role
from tests.application.descending import offering_children
from tests.ui.site import Site
from tests.ui.test_flows import reason_of

EVERYTHING = Grant(GrantKind.ALL)


async def test_who_answers_for_a_machine_makes_changes_and_ends_its_tokens(site: Site) -> None:
    """Named by an administrator, an ordinary user finds the machine in the profile and has its whole list; nobody
    else comes near it (design.md section 4a).
    """
    await site.person("root", role=Role.ADMINISTRATOR)
    await site.person("ben")
    machine = await site.authority.services.machines.create(
        name="nightly", responsible=["ben"], grant=EVERYTHING, actor="test"
    )
    ben = await site.signed_in("ben")
    await ben.goto("/profile")
    await ben.get_by_role("link", name="nightly").click()

    await ben.get_by_role("link", name="Generate").first.click()
    await ben.get_by_label("What is it for?").fill("export")
    await ben.get_by_role("button", name="Create token").click()
    value = await ben.get_by_label("The token's value").input_value()
    truth = (await site.authority.services.recognise(value)).truth
    assert (truth.owner_id, truth.reason) == (machine.user.id, None)
    await ben.get_by_role("button", name="Copy", exact=True).click()
    await ben.get_by_role("link", name="I have stored it").click()
    await ben.get_by_role("link", name="export").click()
    address = ben.url
    await ben.get_by_role("link", name="Edit").click()
    await ben.get_by_label("What is it for?").fill("nightly export")
    await ben.get_by_role("button", name="Save").click()
    await expect(ben.get_by_role("heading", name="nightly export")).to_be_visible()
    await site.person("eve")
    eve = await site.signed_in("eve")
    assert (await eve.goto(address)).status == 404
    assert (await eve.goto(f"/machines/{to_wire(machine.user.id)}")).status == 404

    await ben.get_by_role("link", name="Remove…").click()
    await ben.locator("dialog").get_by_role("button", name="Remove").click()

    await expect(ben.get_by_text("Removed: it is refused from now on.")).to_be_visible()
    assert await reason_of(site, value) == "revoked"


async def test_an_administrator_pauses_and_resumes_what_others_have(site: Site) -> None:
    """From the inventory; its owner cannot lift an administrator's pause."""
    await site.person("root", role=Role.ADMINISTRATOR)
    ann = await site.person("ann")
    request = TokenRequest(note="report", scopes=("company:view",), expiry=Expiry(days=9))
    made = await site.authority.services.issue(request, owner_id=ann.id, actor=f"user:{ann.id}")
    root = await site.signed_in("root")
    await root.goto("/admin/tokens")

    await root.get_by_label("Select report").check()
    await root.get_by_role("button", name="Pause").click()
    await root.locator("dialog").get_by_role("button", name="Pause").click()
    await expect(root.get_by_text("Paused: nothing accepts them")).to_be_visible()
    assert await reason_of(site, made.jwt.reveal()) == "suspended"
    page = await site.signed_in("ann")
    await page.goto(f"/tokens/{to_wire(made.token.id)}")
    await page.get_by_role("link", name="Resume").click()
    await page.locator("dialog").get_by_role("button", name="Resume").click()
    await expect(page.locator("dialog").get_by_text("This is not yours to do")).to_be_visible()

    await root.get_by_label("Select report").check()
    await root.get_by_role("button", name="Resume").click()
    await root.locator("dialog").get_by_role("button", name="Resume").click()

    await expect(root.get_by_text("Resumed: they work again.")).to_be_visible()
    assert await reason_of(site, made.jwt.reveal()) is None


async def test_a_client_gets_another_secret_while_the_old_one_goes_on(site: Site) -> None:
    """Shown once, with the hour until which the old one works."""
    await site.person("root", role=Role.ADMINISTRATOR)
    client, old = await site.authority.services.create_client(
        name="warehouse", audiences=(), permissions=("introspect",), actor="test"
    )
    page = await site.signed_in("root")
    await page.goto("/admin/clients")

    await page.get_by_role("link", name="New secret for warehouse").click()
    await page.get_by_label("works for one more day").check()
    await page.get_by_role("button", name="Make and show the secret").click()

    await expect(page.get_by_text("the old secret works until")).to_be_visible()
    new = await page.get_by_label("client_secret").input_value()
    stored = site.authority.services.current.clients[client.id]
    now = site.authority.clock()
    assert new != old.reveal()
    assert len(stored.secret_hashes(now)) == 2
    assert len(stored.secret_hashes(now + 2 * 86_400)) == 1


async def test_a_token_shows_what_it_made_and_they_pause_with_it(site: Site) -> None:
    """A child of a paused parent is paused in list and page, and says why."""
    services = site.authority.services
    ann = await site.person("ann", grant=EVERYTHING)
    actor = f"user:{ann.id}"
    await services.apply_catalogue(offering_children(services.current.catalogue), actor="test")
    request = TokenRequest(note="parent", scopes=(SCOPE, "company"), expiry=Expiry(days=9))
    made = await services.issue(request, owner_id=ann.id, actor=actor)
    parent = made.token
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {made.jwt.reveal()}"}) as http:
        asked = {"note": "child", "scopes": ["company:view"], "expiration": 2}
        answer = await http.post(f"{site.address}/v1/personal-access-tokens", json=asked)
        assert answer.status == 201
    page = await site.signed_in("ann")
    await page.goto(f"/tokens/{to_wire(parent.id)}")
    await expect(page.locator("#children")).to_contain_text("child")

    await page.get_by_role("link", name="Pause").click()
    await page.locator("dialog").get_by_role("button", name="Pause").click()
    await page.get_by_text("Paused: nothing accepts it").wait_for()
    await page.goto("/tokens?state=suspended&sort=name")

    assert await page.locator("td.name a").all_inner_texts() == ["child", "parent"]
    await page.get_by_role("link", name="child").click()
    await expect(page.get_by_text("Paused with the token that made it.")).to_be_visible()
    await expect(page.get_by_role("link", name="Resume")).to_have_count(0)


async def test_rights_that_nobody_needed_are_pointed_out_where_they_are_chosen(site: Site) -> None:
    """Edit and copy say which rights no reported use of 90 days needed; the warning goes with the tick."""
    services = site.authority.services
    ann = await site.person("ann", grant=EVERYTHING)
    request = TokenRequest(note="report", scopes=("company:view", "embed"), expiry=Expiry(days=9))
    made = await services.issue(request, owner_id=ann.id, actor=f"user:{ann.id}")
    used = Report(
        jti=made.token.jti,
        at=site.authority.clock() // 60 * 60,
        origin=Origin(),
        audience=made.token.audiences[0],
        scopes=("company:view",),
        refused=None,
        client_id=site.authority.client.id,
    )
    site.authority.clock.advance(60)
    assert services.usage.report(site.authority.client, [used]) == {}
    await services.usage.record()
    page = await site.signed_in("ann")

    await page.goto(f"/tokens/{to_wire(made.token.id)}/edit")

    warning = page.get_by_text("More is chosen than any use of the last 90 days needed.")
    await expect(warning).to_contain_text("Embeds")
    await expect(warning).not_to_contain_text("Company")
    await page.get_by_role("checkbox", name="Embeds").first.uncheck()
    await expect(warning).to_be_hidden()


async def test_a_ceiling_leads_to_what_nobody_uses(site: Site) -> None:
    """At the most that a person may have, the fault leads to a list that begins with what lies unused."""
    services = site.authority.services
    ann = await site.person("ann", grant=EVERYTHING)
    policy, _ = await services.governance.policies.get()
    most = replace(policy, max_live_tokens_per_user=2)
    await services.governance.policies.put(most, actor="test")
    for note in ("old", "older"):
        request = TokenRequest(note=note, scopes=("company:view",), expiry=Expiry(days=300))
        await services.issue(request, owner_id=ann.id, actor=f"user:{ann.id}")
    site.authority.clock.advance(91 * 86_400)
    page = await site.signed_in("ann")
    await page.goto("/tokens/new")
    await page.get_by_label("What is it for?").fill("one more")

    await page.get_by_role("button", name="Create token").click()
    await page.get_by_role("link", name="Show those unused the longest").click()

    await expect(page.locator("td.name a")).to_have_text(["old", "older"])
