"""`safeconduct tokens`: one's own personal access tokens."""

from service.cli.commands import Commands, add_group
from service.cli.tokens import changing, check, looking, making, refusals


def add_parser(commands: Commands) -> None:
    group = add_group(
        commands, "tokens", help="make, see, edit, regenerate and revoke your personal access tokens"
    )
    making.add_create(group)
    looking.add_list(group)
    looking.add_show(group)
    refusals.add_refusals(group)
    check.add_check(group)
    changing.add_edit(group)
    making.add_regenerate(group)
    changing.add_revoke(group)
