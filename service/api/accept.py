from aiohttp import web


def accepts(request: web.Request, media_type: str) -> bool:
    """Whether Accept admits this media type (RFC 9110 section 12.5.1): the most specific range decides.

    No Accept at all admits everything; a range that cannot be read admits nothing.
    """
    ranges = ",".join(request.headers.getall("Accept", ()))
    if not ranges.strip():
        return True
    kind = media_type.partition("/")[0]
    weights = dict(filter(None, map(_weight, ranges.split(","))))
    for matching in (media_type, f"{kind}/*", "*/*"):
        if matching in weights:
            return weights[matching] > 0
    return False


def takes_gzip(request: web.Request) -> bool:
    """Whether Accept-Encoding names gzip, or anything, with a weight above zero (RFC 9110 section 12.5.3)."""
    codings = ",".join(request.headers.getall("Accept-Encoding", ()))
    weights = dict(filter(None, map(_weight, codings.split(","))))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(entry: str) -> tuple[str, float] | None:
    """A media range and its q; None for one that cannot be read."""
    media_range, *parameters = (part.strip().lower() for part in entry.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return media_range, float(quality)
    except ValueError:
        return None
