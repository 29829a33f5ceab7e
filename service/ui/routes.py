"""Every page, who may see it, and what a form may change (R16)."""

from typing import Final

from service.ui.account import change_password, end_session, security_page, sessions_page, settings_page
from service.ui.admin_routes import ADMIN_ROUTES
from service.ui.assets import ROUTE as ASSET
from service.ui.assets import serve_asset
from service.ui.check import check, check_page
from service.ui.docs import docs_page
from service.ui.factors import PAGE as FACTORS
from service.ui.factors import (
    add_passkey,
    begin_passkey,
    begin_totp,
    confirm_totp,
    noticed,
    remove,
    rename,
    renew_codes,
)
from service.ui.help import help_index, help_page
from service.ui.home import home, user_preferences
from service.ui.machines import (
    create_machine_token,
    machine_token_page,
    own_machine_page,
    own_machines_page,
)
from service.ui.one_token import create_one_token, one_token_page
from service.ui.profile import change_contact, profile_page
from service.ui.route import NOBODY, USER, before_factor, form, page
from service.ui.second_step import second_step
from service.ui.sign_in import (
    forgotten,
    forgotten_page,
    sign_in,
    sign_in_page,
    sign_out,
    welcome,
    welcome_page,
)
from service.ui.sign_in_elsewhere import CONFIRMED, come_back, confirm_elsewhere, confirmed_page, go_elsewhere
from service.ui.token_changes import (
    edit_page,
    edit_token,
    new_value,
    new_value_page,
    pause_tokens,
    remove_tokens,
    resume_tokens,
)
from service.ui.token_list import selected_page, tokens_page, tokens_tab
from service.ui.token_new import create_token, new_token_page
from service.ui.token_page import token_page
from service.web.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    page("/", home),
    page("/user-preferences", user_preferences),
    page(ASSET, serve_asset, NOBODY),
    page("/sign-in", sign_in_page, NOBODY),
    form("/sign-in", sign_in, NOBODY),
    form("/sign-in/second-step", second_step, NOBODY),
    before_factor(form("/sign-out", sign_out)),
    page("/sign-in/with/{provider}", go_elsewhere, NOBODY),
    page("/sign-in/with/{provider}/answer", come_back, NOBODY),
    page("/confirm/with/{provider}", confirm_elsewhere),
    page(CONFIRMED, confirmed_page),
    page("/forgotten", forgotten_page, NOBODY),
    form("/forgotten", forgotten, NOBODY),
    page("/welcome", welcome_page, NOBODY),
    form("/welcome", welcome, NOBODY),
    page("/help", help_index, NOBODY),
    page("/docs", docs_page, NOBODY),
    page("/help/{code}", help_page, NOBODY),
    page("/token", one_token_page, USER),
    form("/token", create_one_token, USER, confirmed=True),
    page("/tokens", tokens_page),
    page("/tokens/new", new_token_page, USER),
    form("/tokens/new", create_token, USER, confirmed=True),
    page("/tokens/selected", selected_page, USER),
    form("/tokens/pause", pause_tokens, USER, confirmed=True),
    form("/tokens/resume", resume_tokens, USER, confirmed=True),
    form("/tokens/remove", remove_tokens, USER),
    page("/tokens/{id}", token_page),
    page("/tokens/{id}/edit", edit_page, USER),
    form("/tokens/{id}/edit", edit_token, USER, confirmed=True),
    page("/tokens/{id}/new-value", new_value_page, USER),
    form("/tokens/{id}/new-value", new_value, USER, confirmed=True),
    page("/machines", own_machines_page, USER),
    page("/machines/{id}", own_machine_page, USER),
    page("/machines/{id}/tokens/new", machine_token_page, USER),
    form("/machines/{id}/tokens", create_machine_token, USER, confirmed=True),
    page("/check", check_page),
    form("/check", check),
    page("/profile", profile_page),
    form("/profile", change_contact, confirmed=True),
    page("/settings", settings_page),
    page("/settings/access-tokens", tokens_tab),
    before_factor(page(FACTORS, security_page)),
    form(FACTORS, change_password),
    before_factor(form(f"{FACTORS}/totp", begin_totp, confirmed=True)),
    before_factor(form(f"{FACTORS}/totp/confirm", confirm_totp)),
    before_factor(form(f"{FACTORS}/passkey", begin_passkey, confirmed=True)),
    before_factor(form(f"{FACTORS}/passkey/confirm", add_passkey)),
    form(f"{FACTORS}/factors/{{id}}", rename),
    form(f"{FACTORS}/factors/{{id}}/remove", remove, confirmed=True),
    form(f"{FACTORS}/recovery-codes", renew_codes, confirmed=True),
    before_factor(form(f"{FACTORS}/noticed", noticed)),
    page("/settings/sessions", sessions_page),
    form("/settings/sessions", end_session),
    *ADMIN_ROUTES,
)
"""Confirmed is what the API confirms; removing is so only where every change is (ruling 7)."""
