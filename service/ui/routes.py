"""Every page, who may see it, and what a form may change (R16)."""

from typing import Final

from service.domain.principal import CredentialKind
from service.ui.account import change_password, end_session, security_page, sessions_page, settings_page
from service.ui.assets import ROUTE as ASSET
from service.ui.assets import serve_asset
from service.ui.help import help_index, help_page
from service.ui.home import home, user_preferences
from service.ui.one_token import create_one_token, one_token_page
from service.ui.sign_in import forgotten_page, sign_in, sign_in_page, sign_out, welcome, welcome_page
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
from service.web.routing import Answers, Handler, Route

NOBODY: Final = frozenset({CredentialKind.NOBODY})
SESSION: Final = frozenset({CredentialKind.SESSION})
USER: Final = frozenset({CredentialKind.USER})


def _page(path: str, handler: Handler, callers: frozenset[CredentialKind] = SESSION) -> Route:
    return Route(method="GET", path=path, handler=handler, callers=callers, answers=Answers.PAGE)


def _form(
    path: str,
    handler: Handler,
    callers: frozenset[CredentialKind] = SESSION,
    *,
    confirmed: bool = False,
) -> Route:
    return Route(
        method="POST", path=path, handler=handler, callers=callers, answers=Answers.PAGE, confirmed=confirmed
    )


ROUTES: Final[tuple[Route, ...]] = (
    _page("/", home),
    _page("/user-preferences", user_preferences),
    _page(ASSET, serve_asset, NOBODY),
    _page("/sign-in", sign_in_page, NOBODY),
    _form("/sign-in", sign_in, NOBODY),
    _form("/sign-out", sign_out),
    _page("/forgotten", forgotten_page, NOBODY),
    _page("/welcome", welcome_page, NOBODY),
    _form("/welcome", welcome, NOBODY),
    _page("/help", help_index, NOBODY),
    _page("/help/{code}", help_page, NOBODY),
    _page("/token", one_token_page, USER),
    _form("/token", create_one_token, USER, confirmed=True),
    _page("/tokens", tokens_page),
    _page("/tokens/new", new_token_page, USER),
    _form("/tokens/new", create_token, USER, confirmed=True),
    _page("/tokens/selected", selected_page, USER),
    _form("/tokens/pause", pause_tokens, USER, confirmed=True),
    _form("/tokens/resume", resume_tokens, USER, confirmed=True),
    _form("/tokens/remove", remove_tokens, USER),
    _page("/tokens/{id}", token_page),
    _page("/tokens/{id}/edit", edit_page, USER),
    _form("/tokens/{id}/edit", edit_token, USER, confirmed=True),
    _page("/tokens/{id}/new-value", new_value_page, USER),
    _form("/tokens/{id}/new-value", new_value, USER, confirmed=True),
    _page("/settings", settings_page),
    _page("/settings/access-tokens", tokens_tab),
    _page("/settings/security", security_page),
    _form("/settings/security", change_password),
    _page("/settings/sessions", sessions_page),
    _form("/settings/sessions", end_session),
)
"""Confirmed is what the API confirms; removing is so only where every change is (ruling 7)."""
