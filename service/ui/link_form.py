"""A link that fills the form in. It never does more: people see what it asks for and tick what matters (threats 29)."""

from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web
from safeconduct.scope import Scope, UnknownScope

from service.domain.catalogue import CatalogueDocument
from service.domain.issuance import MAX_NOTE
from service.ui.choices import Choices, modest
from service.ui.token_form import CUSTOM, TokenForm

_PARAMETERS: Final = frozenset({"note", "scopes", "expires_in"})


@dataclass(frozen=True, slots=True)
class LinkedForm:
    """The form as a link left it. `asked` are the scopes it wants, `unticked` those that people tick themselves."""

    form: TokenForm
    asked: tuple[Scope, ...]
    unticked: frozenset[str]
    foreign: bool


def form_of_link(request: web.Request, catalogue: CatalogueDocument, choices: Choices) -> LinkedForm | None:
    """What the address says; None when it says nothing. Names that no scope has are left out."""
    query = request.query
    if _PARAMETERS.isdisjoint(query):
        return None
    asked: dict[str, Scope] = {}
    for name in query.get("scopes", "").replace(",", " ").split()[:200]:
        try:
            scope = catalogue.scopes.scope(name)
        except UnknownScope:
            continue
        asked[scope.name] = scope
    ticked = modest(tuple(asked.values()))
    days = query.get("expires_in", "")
    known = days.isascii() and days.isdecimal() and len(days) < 5 and 1 <= int(days) <= choices.longest
    form = replace(
        TokenForm.blank(choices),
        note="".join(c for c in query.get("note", "") if c.isprintable())[:MAX_NOTE],
        rights=CUSTOM if asked else TokenForm.blank(choices).rights,
        scopes=ticked,
        expires=days if known else str(choices.usual),
        from_link=True,
    )
    foreign = request.headers.get("Sec-Fetch-Site", "none") in {"cross-site", "same-site"}
    return LinkedForm(form, tuple(asked.values()), frozenset(asked) - set(ticked), foreign)
