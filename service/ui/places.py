"""Where a value is used: each place with exactly what is to be copied there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`copied` goes to the clipboard; `shown` is the example around it. Both hold the value."""

    name: str
    copied: str
    shown: str


def places_of(value: str, issuer: str) -> tuple[Place, ...]:
    """The places people ask about most. Power Automate sends exactly what is typed: it needs the word Bearer."""
    api = f"{issuer}/v1/personal-access-tokens/self"
    return (
        Place("power_automate", f"Bearer {value}", f"Bearer {value}"),
        Place("curl", value, f'curl -H "Authorization: Bearer $TOKEN" {api}'),
        Place(
            "python",
            value,
            f'import urllib.request\n\nrequest = urllib.request.Request(\n    "{api}",\n'
            '    headers={"Authorization": f"Bearer {token}"},\n)\nprint(urllib.request.urlopen(request).read())',
        ),
        Place(
            "javascript",
            value,
            f'const answer = await fetch("{api}", {{\n  headers: {{ Authorization: "Bearer " + token }},\n}});\n'
            "console.log(await answer.json());",
        ),
        Place("other", value, "Authorization: Bearer …"),
    )
