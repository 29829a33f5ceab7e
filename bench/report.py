"""What was measured, for people."""

from collections.abc import Mapping
from typing import Any

GOALS = {"introspection": 0.65, "forward_auth": 0.65, "unknown": 0.20, "issue": 0.12}
GOAL_FLOOD = 2.0
GOAL_MIB = 100


def comparison(name: str, measured: Mapping[str, Any]) -> str:
    lines = [f"{name}, beside bare aiohttp"]
    for number, one in enumerate(measured["rounds"], 1):
        lines += [f"  round {number}  {server:8}{_load(figures)}" for server, figures in one.items()]
    for server in ("bare", "service"):
        cpu, rps = measured[server]["cpu_us"], measured[server]["rps"]
        lines.append(f"  median   {server:8}{_spread(cpu, 1)} us CPU   {_spread(rps, 0)} requests/s")
    share = measured["share_by_cpu"]
    lines.append(f"  share of bare by CPU {_spread(share, 2)}, goal {GOALS[name]:.2f}")
    lines.append(f"  share of bare by requests/s {_spread(measured['share_by_rps'], 2)}")
    return "\n".join(lines)


def flood(measured: Mapping[str, Any]) -> str:
    lines = ["introspection while passwords are guessed, and while none is"]
    for number, one in enumerate(measured["rounds"], 1):
        lines += [f"  round {number}  {name:8}{_load(figures)}" for name, figures in one.items()]
    answered = ", ".join(f"{count} {status}" for status, count in sorted(measured["statuses"].items()))
    lines.append(
        f"  p99 {_spread(measured['times_quiet_p99'], 2)} times the quiet one, goal at most {GOAL_FLOOD}"
    )
    lines.append(f"  attempts: {answered}")
    return "\n".join(lines)


def memory(measured: Mapping[str, Any]) -> str:
    asked, tokens = measured["introspections"], measured["tokens"]
    return (
        f"memory after {asked:,} introspections of {tokens:,} tokens\n  {measured['mib']:.1f} MiB resident, "
        f"{measured['mib_at_start']:.1f} MiB at start, goal at most {GOAL_MIB}"
    )


def _load(figures: Mapping[str, float]) -> str:
    return (
        f"{figures['cpu_us']:7.1f} us CPU  {figures['rps']:8.0f} requests/s  "
        f"p50 {figures['p50_ms']:5.1f}  p99 {figures['p99_ms']:5.1f} ms  {figures['answers']:7d} answers"
    )


def _spread(figure: Mapping[str, float], places: int) -> str:
    return f"{figure['median']:.{places}f} ({figure['least']:.{places}f}..{figure['most']:.{places}f})"
