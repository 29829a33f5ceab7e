"""The pages of administrators, which auditors may look at."""

from typing import Final

from service.ui.admin_audit import audit_page, status_page
from service.ui.admin_clients import add_client, clients_page, new_secret, new_secret_page, remove_client
from service.ui.admin_keys import compromise, compromise_page, keys_page, rotate
from service.ui.admin_machines import (
    add_machine,
    disable_machine,
    machine_page,
    machines_page,
)
from service.ui.admin_pauses import pause_anyones, resume_anyones
from service.ui.admin_people import (
    change_contact,
    change_grant,
    change_role,
    disable,
    enable,
    invite,
    new_password_link,
    people_page,
    person_page,
    reset_factors,
)
from service.ui.admin_policy import change_policy, policy_page
from service.ui.admin_tokens import admin_home, inventory_csv, inventory_page, revoke_anyones, revoking_page
from service.ui.route import ADMINISTRATOR, READERS, form, page
from service.ui.token_page import anyones_token_page
from service.web.routing import Route

_PERSON: Final = "/admin/people/{id}"
_MACHINE: Final = "/admin/machines/{id}"

ADMIN_ROUTES: Final[tuple[Route, ...]] = (
    page("/admin", admin_home, READERS),
    page("/admin/tokens", inventory_page, READERS),
    page("/admin/tokens.csv", inventory_csv, READERS),
    page("/admin/tokens/selected", revoking_page, ADMINISTRATOR),
    page("/admin/tokens/{id}", anyones_token_page, READERS),
    form("/admin/tokens/revoke", revoke_anyones, ADMINISTRATOR),
    form("/admin/tokens/pause", pause_anyones, ADMINISTRATOR, confirmed=True),
    form("/admin/tokens/resume", resume_anyones, ADMINISTRATOR, confirmed=True),
    page("/admin/people", people_page, READERS),
    form("/admin/people", invite, ADMINISTRATOR, confirmed=True),
    page(_PERSON, person_page, READERS),
    form(f"{_PERSON}/password-link", new_password_link, ADMINISTRATOR, confirmed=True),
    form(f"{_PERSON}/contact", change_contact, ADMINISTRATOR, confirmed=True),
    form(f"{_PERSON}/role", change_role, ADMINISTRATOR, confirmed=True),
    form(f"{_PERSON}/grant", change_grant, ADMINISTRATOR, confirmed=True),
    form(f"{_PERSON}/disable", disable, ADMINISTRATOR),
    form(f"{_PERSON}/reset-factors", reset_factors, ADMINISTRATOR, confirmed=True),
    form(f"{_PERSON}/enable", enable, ADMINISTRATOR, confirmed=True),
    page("/admin/machines", machines_page, READERS),
    form("/admin/machines", add_machine, ADMINISTRATOR, confirmed=True),
    page(_MACHINE, machine_page, READERS),
    form(f"{_MACHINE}/disable", disable_machine, ADMINISTRATOR),
    page("/admin/clients", clients_page, READERS),
    form("/admin/clients", add_client, ADMINISTRATOR, confirmed=True),
    page("/admin/clients/{id}/secret", new_secret_page, ADMINISTRATOR),
    form("/admin/clients/{id}/secret", new_secret, ADMINISTRATOR, confirmed=True),
    form("/admin/clients/{id}/remove", remove_client, ADMINISTRATOR),
    page("/admin/keys", keys_page, READERS),
    form("/admin/keys/rotate", rotate, ADMINISTRATOR, confirmed=True),
    page("/admin/keys/{kid}/compromise", compromise_page, ADMINISTRATOR),
    form("/admin/keys/{kid}/compromise", compromise, ADMINISTRATOR, confirmed=True),
    page("/admin/policy", policy_page, READERS),
    form("/admin/policy", change_policy, ADMINISTRATOR, confirmed=True),
    page("/admin/audit", audit_page, READERS),
    page("/admin/status", status_page, READERS),
)
"""What ends something never waits for a password, but where every change does (ruling 7)."""
