"""Every route of the API, who may call it, and how it refuses (R16)."""

from typing import Final

from service.api.admin_audit import AUDIT, list_audit, make_password_link
from service.api.admin_clients import create_client, disable_client, list_clients, rotate_secret, take_keys
from service.api.admin_keys import compromise_key, list_keys, rotate_keys
from service.api.admin_policy import get_policy, put_policy
from service.api.admin_rights import change_grant, change_role, enable_user
from service.api.admin_tokens import INVENTORY, get_anyones, list_inventory, pause_anyones, revoke_anyones
from service.api.admin_users import create_user, disable_user, find_users, get_user
from service.api.admin_webhooks import (
    WEBHOOKS,
    change_webhook,
    create_webhook,
    list_deliveries,
    list_webhooks,
    remove_webhook,
    rotate_webhook_secret,
    send_test,
)
from service.api.catalogue import apply_catalogue, revoke_ahead
from service.api.contacts import (
    CONTACT,
    change_contact,
    change_own_contact,
    forgotten_password,
    get_contact,
    get_own_contact,
)
from service.api.factor_routes import FACTOR_ROUTES, before_factor
from service.api.forward_auth import judge_for_client, judge_on_own_listener
from service.api.health import livez, metrics, readyz
from service.api.introspection import introspect
from service.api.leaks import report_leaks, revoke_lost
from service.api.leavers import DISABLE, LOGOUT, disable_leaver, log_out
from service.api.machines import (
    MACHINES,
    OWN_MACHINES,
    change_responsible,
    create_machine,
    create_machine_token,
    disable_machine,
    list_machine_tokens,
    list_machines,
    list_own_machines,
    regenerate_machine_token,
    revoke_machine_token,
)
from service.api.own_account import SESSIONS, change_password, end_session, list_sessions
from service.api.own_token import get_self, regenerate_self, revoke_self
from service.api.published_contracts import openapi, swagger
from service.api.receipts import anyones_receipt, own_receipt
from service.api.revocation import revoke_presented
from service.api.revocation_stream import revocation_stream
from service.api.revoke_many import revoke_anyones_tokens, revoke_own_tokens
from service.api.route import (
    ADMINISTRATOR,
    CLIENT,
    GATEWAY,
    NOBODY,
    PLATFORM,
    READERS,
    SESSION,
    TOKEN,
    USER,
    preflights,
)
from service.api.route import catalogue as _catalogue
from service.api.route import forward_auth as _forward_auth
from service.api.route import oauth as _oauth
from service.api.route import public as _public
from service.api.route import report as _report
from service.api.route import route as _route
from service.api.scopes import get_scopes
from service.api.sessions import accept_invitation, close_session, confirm_session, get_me, open_session
from service.api.status_lists import status_list, status_lists
from service.api.token_endpoint import token
from service.api.tokens import (
    PATH,
    create_token,
    edit_token,
    get_token,
    list_tokens,
    regenerate_token,
    revoke_token,
)
from service.api.usage import LONGEST_REPORT, check_token, list_refusals, report_use
from service.api.wellknown import key_set, resource_metadata, server_metadata
from service.web.routing import Route

_CALLED: Final[tuple[Route, ...]] = (
    _route("POST", PATH, create_token, USER | TOKEN | PLATFORM, confirmed=True),
    _route("GET", PATH, list_tokens, SESSION | TOKEN | PLATFORM),
    _route("GET", f"{PATH}/self", get_self, TOKEN),
    _route("DELETE", f"{PATH}/self", revoke_self, TOKEN),
    _route("POST", f"{PATH}/self/regenerate", regenerate_self, TOKEN),
    _route("GET", f"{PATH}/{{id}}", get_token, SESSION | TOKEN | PLATFORM),
    _route("PATCH", f"{PATH}/{{id}}", edit_token, USER | PLATFORM, confirmed=True),
    _route("DELETE", f"{PATH}/{{id}}", revoke_token, SESSION | TOKEN | PLATFORM),
    _route("GET", f"{PATH}/{{id}}/revocation", own_receipt, SESSION | PLATFORM),
    _route("POST", f"{PATH}/{{id}}/regenerate", regenerate_token, USER | TOKEN | PLATFORM, confirmed=True),
    _route("GET", f"{PATH}/{{id}}/refusals", list_refusals, SESSION | PLATFORM),
    _route("POST", f"{PATH}/check", check_token, SESSION | PLATFORM),
    _route("POST", f"{PATH}/revoke", revoke_own_tokens, SESSION | PLATFORM),
    _route("GET", "/v1/scopes", get_scopes, SESSION | PLATFORM),
    _route("POST", "/v1/session", open_session, NOBODY),
    before_factor(_route("DELETE", "/v1/session", close_session, SESSION)),
    before_factor(_route("POST", "/v1/session/confirm", confirm_session, SESSION)),
    _route("POST", "/v1/invitations/accept", accept_invitation, NOBODY),
    _route("POST", "/v1/forgotten-password", forgotten_password, NOBODY),
    _route("GET", CONTACT, get_own_contact, SESSION),
    _route("PATCH", CONTACT, change_own_contact, SESSION, confirmed=True),
    before_factor(_route("GET", "/v1/me", get_me, SESSION | PLATFORM)),
    *FACTOR_ROUTES,
    _route("POST", "/v1/me/password", change_password, SESSION),
    _route("GET", SESSIONS, list_sessions, SESSION),
    _route("DELETE", f"{SESSIONS}/{{id}}", end_session, SESSION),
    _route("GET", "/v1/admin/users", find_users, READERS),
    _route("GET", "/v1/admin/users/{id}", get_user, READERS),
    _route("POST", "/v1/admin/users", create_user, ADMINISTRATOR, confirmed=True),
    _route("POST", "/v1/admin/users/{id}/password-link", make_password_link, ADMINISTRATOR, confirmed=True),
    _route("GET", "/v1/admin/users/{id}/contact", get_contact, READERS),
    _route("PATCH", "/v1/admin/users/{id}/contact", change_contact, ADMINISTRATOR, confirmed=True),
    _route("GET", AUDIT, list_audit, READERS),
    _route("POST", DISABLE, disable_leaver, CLIENT),
    _route("POST", "/v1/admin/users/{id}/disable", disable_user, ADMINISTRATOR),
    _route("POST", "/v1/admin/users/{id}/enable", enable_user, ADMINISTRATOR, confirmed=True),
    _route("PUT", "/v1/admin/users/{id}/grant", change_grant, ADMINISTRATOR, confirmed=True),
    _route("PUT", "/v1/admin/users/{id}/role", change_role, ADMINISTRATOR, confirmed=True),
    _route("GET", OWN_MACHINES, list_own_machines, SESSION),
    _route("GET", f"{OWN_MACHINES}/{{id}}/tokens", list_machine_tokens, SESSION),
    _route("DELETE", f"{OWN_MACHINES}/{{id}}/tokens/{{token_id}}", revoke_machine_token, USER),
    _route("GET", MACHINES, list_machines, READERS),
    _route("POST", MACHINES, create_machine, ADMINISTRATOR, confirmed=True),
    _route("PUT", f"{MACHINES}/{{id}}/responsible", change_responsible, ADMINISTRATOR, confirmed=True),
    _route("POST", f"{MACHINES}/{{id}}/disable", disable_machine, ADMINISTRATOR),
    _route("POST", f"{MACHINES}/{{id}}/tokens", create_machine_token, ADMINISTRATOR, confirmed=True),
    _route(
        "POST",
        f"{MACHINES}/{{id}}/tokens/{{token_id}}/regenerate",
        regenerate_machine_token,
        ADMINISTRATOR,
        confirmed=True,
    ),
    _route("GET", INVENTORY, list_inventory, READERS),
    _route("POST", f"{INVENTORY}/revoke", revoke_anyones_tokens, ADMINISTRATOR),
    _route("GET", f"{INVENTORY}/{{id}}", get_anyones, READERS),
    _route("GET", f"{INVENTORY}/{{id}}/revocation", anyones_receipt, READERS),
    _route("PATCH", f"{INVENTORY}/{{id}}", pause_anyones, ADMINISTRATOR, confirmed=True),
    _route("DELETE", f"{INVENTORY}/{{id}}", revoke_anyones, ADMINISTRATOR),
    _route("GET", "/v1/admin/clients", list_clients, READERS),
    _route("POST", "/v1/admin/clients", create_client, ADMINISTRATOR, confirmed=True),
    _route("DELETE", "/v1/admin/clients/{id}", disable_client, ADMINISTRATOR),
    _route("POST", "/v1/admin/clients/{id}/secret", rotate_secret, ADMINISTRATOR, confirmed=True),
    _route("PUT", "/v1/admin/clients/{id}/jwks", take_keys, ADMINISTRATOR, confirmed=True),
    _route("GET", WEBHOOKS, list_webhooks, READERS),
    _route("POST", WEBHOOKS, create_webhook, ADMINISTRATOR, confirmed=True),
    _route("PUT", f"{WEBHOOKS}/{{id}}", change_webhook, ADMINISTRATOR, confirmed=True),
    _route("DELETE", f"{WEBHOOKS}/{{id}}", remove_webhook, ADMINISTRATOR, confirmed=True),
    _route("POST", f"{WEBHOOKS}/{{id}}/secret", rotate_webhook_secret, ADMINISTRATOR, confirmed=True),
    _route("POST", f"{WEBHOOKS}/{{id}}/test", send_test, ADMINISTRATOR),
    _route("GET", f"{WEBHOOKS}/{{id}}/deliveries", list_deliveries, READERS),
    _route("GET", "/v1/admin/keys", list_keys, READERS),
    _route("POST", "/v1/admin/keys/rotate", rotate_keys, ADMINISTRATOR, confirmed=True),
    _route("POST", "/v1/admin/keys/{kid}/compromise", compromise_key, ADMINISTRATOR, confirmed=True),
    _route("GET", "/v1/admin/policy", get_policy, READERS),
    _route("PUT", "/v1/admin/policy", put_policy, ADMINISTRATOR, confirmed=True),
    _catalogue("/v1/admin/catalogue", apply_catalogue, confirmed=True),
    _catalogue("/v1/admin/catalogue/revoke", revoke_ahead),
    Route(method="POST", path="/v1/usage", handler=report_use, callers=CLIENT, max_body=LONGEST_REPORT),
    _oauth("/oauth2/token", token, CLIENT),
    _report("/v1/credentials/revoke", revoke_lost),
    _report("/v1/leaks", report_leaks),
    _oauth("/oauth2/introspect", introspect, CLIENT),
    _oauth(LOGOUT, log_out, NOBODY),
    _oauth("/oauth2/revoke", revoke_presented, CLIENT | NOBODY),
    *_forward_auth(judge_for_client, GATEWAY),
    *_public("/.well-known/jwks.json", key_set),
    *_public("/.well-known/oauth-authorization-server", server_metadata),
    *_public("/.well-known/oauth-authorization-server", server_metadata, root=True),
    *_public("/.well-known/openid-configuration", server_metadata),
    *_public("/.well-known/openid-configuration", server_metadata, root=True),
    *_public("/.well-known/oauth-protected-resource", resource_metadata),
    *_public("/.well-known/oauth-protected-resource", resource_metadata, root=True),
    *_public("/openapi.json", openapi),
    *_public("/swagger.json", swagger),
    *_public("/status-lists", status_lists),
    *_public("/status-lists/{id}", status_list),
    *_public("/v1/revocations", revocation_stream, callers=CLIENT | NOBODY),
    _route("GET", "/livez", livez, NOBODY),
    _route("GET", "/readyz", readyz, NOBODY),
    _route("GET", "/metrics", metrics, NOBODY),
)
"""Confirmed are create, regenerate, edit and resume, grants and keys; a revocation never waits (ruling 7)."""

ROUTES: Final[tuple[Route, ...]] = (*_CALLED, *preflights(_CALLED))
"""With what a browser asks before a page of a platform calls."""

GATEWAY_ROUTES: Final[tuple[Route, ...]] = (
    *_forward_auth(judge_on_own_listener, NOBODY),
    _route("GET", "/livez", livez, NOBODY),
    _route("GET", "/readyz", readyz, NOBODY),
)
"""What the gateway's own listener serves; whoever reaches it is the gateway."""
