"""Lists of scopes in a catalogue: judged while they are read."""

from safeconduct.catalogue import ScopeCatalogue
from safeconduct.document import Table
from safeconduct.scope import UnknownScope

from service.domain.user import Grant, GrantKind


def read_scopes(
    table: Table, member: str, scopes: ScopeCatalogue, *, required: bool = False
) -> tuple[str, ...]:
    """Canonical names; a `required` list names at least one."""
    names = table.words(member, required=required, may_be_empty=not required)
    for name in names:
        if not knows(scopes, name):
            table.fault(f"{name!r} is no scope of this catalogue", member)
    return scopes.resolve(name for name in names if knows(scopes, name))


def read_grant(table: Table, member: str, scopes: ScopeCatalogue) -> Grant:
    """`"all"`, `"default"` or a list of scopes; absent is the default."""
    if isinstance(word := table.raw(member), str):
        if word in {GrantKind.ALL, GrantKind.DEFAULT}:
            return Grant(GrantKind(word))
        table.fault('must be "all", "default" or a list of scopes', member)
        return Grant()
    if member not in table:
        return Grant()
    return Grant(GrantKind.LISTED, read_scopes(table, member, scopes, required=True))


def knows(scopes: ScopeCatalogue, name: str) -> bool:
    """Whether it is a scope of this catalogue, or an alias of one."""
    try:
        scopes.canonical(name)
    except UnknownScope:
        return False
    return True
