"""A Dockerfile as Docker reads it: stages of instructions, long lines joined."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@dataclass(frozen=True)
class Stage:
    """One FROM and what follows: pairs of an instruction and its text."""

    image: str
    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [text for instruction, text in self.instructions if instruction == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]

    @property
    def arguments(self) -> dict[str, str]:
        """What each ARG is without a word from outside."""
        return dict(text.split("=", 1) for text in self.all("ARG"))

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for text in self.all("ENV") for pair in shlex.split(text))


def read_dockerfile(path: Path = DOCKER / "Dockerfile") -> list[Stage]:
    stages: list[Stage] = []
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, text = line.strip().partition(" ")
        if instruction == "FROM":
            image, _, name = text.partition(" AS ")
            stages.append(Stage(image, name))
        else:
            stages[-1].instructions.append((instruction, text.strip()))
    return stages
