"""Faults of a request in words, at the field that they belong to."""

import re
from collections.abc import Mapping
from typing import Final

from safeconduct.errors import SafeconductError

from service.domain.errors import Fault, Faulty
from service.ui.texts import Texts

_FIELDS: Final[Mapping[str, str]] = {
    "expiration": "expires",
    "expires_at": "expires",
    "not_before": "start",
    "allowed_ips": "addresses",
}
_PLACE: Final = re.compile(r"\[\d+\]$")


def faults_in_words(error: SafeconductError | None, texts: Texts, **values: object) -> dict[str, str]:
    """The first fault of each field of a form, in the reader's language where we have its words; `values` are what
    these words may speak of.
    """
    if not isinstance(error, Faulty):
        return {}
    told: dict[str, str] = {}
    for fault in error.faults:
        told.setdefault(field_of(fault), _words(fault, texts, values))
    return told


def field_of(fault: Fault) -> str:
    """The form's field for a member of the API."""
    name = _PLACE.sub("", fault.where)
    return _FIELDS.get(name, name)


def _words(fault: Fault, texts: Texts, values: Mapping[str, object]) -> str:
    for name in (f"faults.{field_of(fault)}.{fault.code}", f"faults.{fault.code}"):
        if texts.find(name) is not None:
            return texts(name, **values)
    return fault.detail
