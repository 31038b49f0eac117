"""Reads the flows: `ivr/flows/*.toml` and the sentences in `ivr/prompts/*.toml`, checked, once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ivr.checker import faults as flow_faults
from ivr.nodes import Flow
from ivr.wording import Wording, lines_of, read_wordings

DEFAULT_FLOW = "12355"


class FlowError(Exception):
    """A flow or wording that no call may enter. `faults` holds every fault, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@cache
def load_all() -> dict[str, Flow]:
    """Every flow of this installation by name. Raises FlowError listing all faults of all flows."""
    return read(Path(__file__).parent)


def load(name: str) -> Flow:
    """The flow of that name. Raises FlowError when there is none, or any flow is faulty."""
    flows = load_all()
    if name not in flows:
        raise FlowError([f"{name}: no such flow"])
    return flows[name]


def read(folder: Path) -> dict[str, Flow]:
    """Reads and checks ``flows/*.toml`` with ``prompts/*.toml`` under a folder; not cached."""
    wordings, faults = read_wordings(folder / "prompts")
    paths = sorted((folder / "flows").glob("*.toml"))
    flows = {}
    for path in paths:
        flow, found = _read_flow(path, wordings)
        faults += found
        if flow:
            flows[path.stem] = flow
    if faults:
        raise FlowError(faults)
    return flows


def _read_flow(path: Path, wordings: dict[str, Wording]) -> tuple[Flow | None, list[str]]:
    try:
        table = {**_table(path), "name": path.stem, "wordings": wordings}
        flow = _ADAPTER.validate_python(table)
    except ValidationError as error:
        return None, [f"{path.stem}: {line}" for line in lines_of(error)]
    except (ValueError, OSError) as error:  # neither TOML nor UTF-8; a base that is not there
        return None, [f"{path.stem}: {error}"]
    return flow, flow_faults(flow)


def _table(path: Path) -> dict[str, Any]:
    """A flow as written, on top of the one it names as its `base`: a line of its own says only what is
    different about it, down to the single field of a node."""
    own: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    name = own.pop("base", None)
    if name is None:
        return own
    base = tomllib.loads(path.with_stem(str(name)).read_text("utf-8"))
    if "base" in base:
        raise ValueError(f"base {name!r} has a base itself")
    nodes = base.get("nodes", {})
    mine = {node: {**nodes.get(node, {}), **table} for node, table in own.get("nodes", {}).items()}
    return {**base, **own, "nodes": {**nodes, **mine}}


_ADAPTER = TypeAdapter(Flow)
