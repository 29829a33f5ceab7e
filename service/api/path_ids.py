from aiohttp import web

from service.domain.errors import NotFound
from service.domain.identifiers import from_wire


def path_id(request: web.Request, name: str = "id") -> str:
    """The identifier in the path. Raises NotFound for what is no canonical UUID: nothing is called like that."""
    identifier = from_wire(request.match_info[name])
    if identifier is None:
        raise NotFound("nothing has this id")
    return identifier
