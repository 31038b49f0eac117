"""Where a call goes on after one of our answers failed, or came too late: at the nearest recording, so that
what failed is not asked for again. What the caller did meanwhile still counts (network fact: the fallback
is told all that the failed request was told)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ivr.flow import load
from ivr.nodes import Flow
from ivr.session import (
    Event,
    Heard,
    Move,
    Where,
    advance,
    by_itself,
    heard_from_form,
    where_from_args,
)

_WAYS = ("silence", "otherwise", "unanswered", "next", "over")


@dataclass(frozen=True, slots=True)
class Resumed:
    """The place that failed and what was heard there, the move that this means, and where the call goes
    on. `heard` is nothing when it was not a step that failed."""

    flow: Flow
    failed: Where
    heard: Heard | None
    move: Move
    where: Where


def after_failure(form: Mapping[str, str], flow_name: str) -> Resumed:
    """From the fallback's parameters; `flow_name` is the line's flow, for a failure at the first ring."""
    args = failed_args(form)
    failed = where_from_args(args if "node" in args else {"flow": flow_name})
    flow = load(failed.flow)
    heard = heard_from_form(args, form) if "node" in args else None
    goes_on = heard is not None and heard.event is not Event.hangup
    move = advance(flow, failed, heard) if goes_on and heard else Move(failed)
    node = by_itself(flow, move).where.node
    if flow.nodes[node].kind != "talk":  # there somebody waits for the caller
        node = nearest_recording(flow, node)
    where = Where(flow.name, node, move.where.lang, 0, failed.step + 1, failed.report)
    return Resumed(flow, failed, heard, move, where)


def failed_args(form: Mapping[str, str]) -> dict[str, str]:
    """The query of the request that failed; `ErrorUrl` may be no address at all."""
    return dict(parse_qsl(form.get("ErrorUrl", "").partition("#")[0].partition("?")[2]))


def nearest_recording(flow: Flow, node: str) -> str:
    """The first recording met from `node` on, along the ways in their order; the first end, where the
    caller has talked or left a statement already."""
    seen, edge = {node}, [node]
    while edge:
        name = edge.pop(0)
        if flow.nodes[name].kind in {"record", "end"}:
            return name
        fresh = [way for way in dict.fromkeys(_ways(flow, name)) if way not in seen]
        seen.update(fresh)
        edge.extend(fresh)
    return node


def _ways(flow: Flow, name: str) -> list[str]:
    node = flow.nodes[name]
    return [way for field in _WAYS if (way := getattr(node, field, None))]
