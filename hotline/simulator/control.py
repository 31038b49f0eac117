"""The side door: how the page and the driver pick up telephones, set faults and read the log."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from hotline.simulator import life, load, people, texting
from hotline.simulator.calls import Act, Call
from hotline.simulator.config import ConfigError, Line, Phone
from hotline.simulator.exchange import Handset
from hotline.simulator.faults import FaultError
from hotline.simulator.rest.api import exchange
from hotline.simulator.sound import NotSound
from hotline.simulator.speech import Speechless

blueprint = Blueprint("control", __name__, url_prefix="/control")
_MOST_SECONDS = 60.0
_EVENTS_SHOWN = 120


@blueprint.errorhandler(people.NotNow)
@blueprint.errorhandler(life.InUse)
def _conflict(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 409


@blueprint.errorhandler(NotSound)
@blueprint.errorhandler(Speechless)
@blueprint.errorhandler(FaultError)
@blueprint.errorhandler(ConfigError)
@blueprint.errorhandler(KeyError)
@blueprint.errorhandler(TypeError)
def _nonsense(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 422


def _asked() -> dict[str, Any]:
    """The JSON body; anything else is refused, so that no foreign page can post a form here."""
    body: dict[str, Any] = request.get_json()
    return body


def _limit(asked: Mapping[str, Any]) -> float:
    return min(_MOST_SECONDS, float(asked.get("limit", 0)))


def _handset(asked: Mapping[str, Any]) -> Handset:
    handset = exchange().handset(str(asked["number"]))
    return handset or exchange().plug_in(Phone(str(asked["number"])))


@blueprint.get("/state")
def state() -> Response:
    """Everything the page shows; waits for a change from the version `since`."""
    since = request.args.get("since", -1, type=int)
    seconds = min(_MOST_SECONDS, request.args.get("wait", 0.0, type=float))
    network = exchange()
    network.bell.wait_for(lambda: network.bell.version > since, seconds)
    with network.bell.lock:
        return jsonify(
            version=network.bell.version,
            account_sid=network.config.account_sid,
            pace=network.config.pace,
            lines=[number for number, _ in network.lines.values()],
            phones=[people.view(handset) for handset in network.handsets.values()],
            events=network.journal.events[-_EVENTS_SHOWN:],
            errors=network.journal.errors,
            faults=network.faults.as_dict(),
        )


@blueprint.post("/phones")
def plug_in() -> Response:
    """Connect a telephone, or change one; `plan` is what it does when its habit is `answers`."""
    asked = _asked()
    plan = people.plan_of(asked.pop("plan", ()))
    handset = exchange().plug_in(Phone(**asked))
    handset.plan = plan or handset.plan
    return jsonify(people.view(handset))


@blueprint.post("/lines")
def set_line() -> Response:
    """Configure an incoming number; what is not given keeps its value."""
    asked = _asked()
    number = str(asked.pop("number"))
    known = exchange().line(number) or Line()
    old = {f.name: getattr(known, f.name) for f in fields(Line)}
    exchange().set_line(number, Line(**(old | asked)))
    return jsonify(number=number)


@blueprint.post("/dial")
def dial() -> Response:
    """Somebody dials `to`; with a `plan` nobody else acts in that call."""
    asked = _asked()
    plan = people.plan_of(asked["plan"]) if "plan" in asked else None
    handset = _handset(asked)
    call = life.dial_in(exchange(), handset.phone.number, str(asked["to"]), plan)
    return _done(call, 0)


@blueprint.post("/act")
def act() -> Response:
    """`press`, `say`, `silence`, `waits`, in the call that is up."""
    asked = _asked()
    kind, sound = asked["act"], asked.get("sound", {})
    what = {
        "press": lambda: Act("press", digits=str(asked["digits"])),
        "say": lambda: Act("say", sound=people.sound_of(sound), text=str(sound.get("text", ""))),
        "silence": lambda: Act("silence"),
        "waits": lambda: Act("waits"),
    }[kind]()
    return _done(*people.act(exchange(), _handset(asked), what, _limit(asked)))


@blueprint.post("/answer")
def answer() -> Response:
    """`answer`, `decline` or `ignore` the call that rings."""
    asked = _asked()
    decision = {"answer": "answer", "decline": "decline", "ignore": "ignore"}[asked["act"]]
    return _done(people.answer(exchange(), _handset(asked), decision, _limit(asked)), 0)


@blueprint.post("/hangup")
def hang_up() -> Response:
    """Put the receiver down."""
    asked = _asked()
    call = people.hang_up(exchange(), _handset(asked), _limit(asked))
    return _done(call, len(call.heard))


@blueprint.post("/microphone")
def microphone() -> Response:
    """The person begins or ends speaking: while they speak there is no silence to time."""
    asked = _asked()
    call = _handset(asked).call
    if call is None:
        raise people.NotNow("the telephone is in no call")
    call.change(speaking=bool(asked["open"]))
    return _done(call, 0)


def _done(call: Call, heard: int) -> Response:
    return jsonify(call=call.sid, heard=heard)


@blueprint.get("/sound")
def sound() -> Response:
    """A sound that has been played in some call, for the page to make it heard."""
    clip = exchange().sounds.kept(request.args.get("url", ""))
    if clip is None:
        abort(404)
    return Response(clip.body, mimetype=clip.content_type)


@blueprint.post("/text")
def text() -> Response:
    """Send a short message from a telephone."""
    asked = _asked()
    sent = texting.text_in(exchange(), _handset(asked), str(asked["to"]), str(asked["body"]))
    return jsonify(sid=sent.sid)


@blueprint.post("/wait")
def wait() -> Response:
    """Wait until something is true of a telephone, and show it."""
    asked = _asked()
    handset = _handset(asked)
    met = people.wait(exchange(), handset, asked["until"], _limit(asked))
    with exchange().bell.lock:
        return jsonify(met=met, phone=people.view(handset))


@blueprint.get("/conferences")
def conferences() -> Response:
    """Who is in which conference."""
    return jsonify(exchange().conferences.view())


@blueprint.post("/settle")
def settle() -> Response:
    """Wait until no call is up and no callback under way."""
    return jsonify(met=exchange().settles(_limit(_asked())))


@blueprint.post("/start-over")
def start_over() -> Response:
    """Hang up every call and forget everything that was not in the configuration."""
    return jsonify(met=exchange().start_over(_limit(_asked())))


@blueprint.route("/faults", methods=["GET", "PATCH", "DELETE"])
def faults() -> Response:
    """Read, change or heal the faults."""
    if request.method == "PATCH":
        exchange().faults.change(_asked())
    if request.method == "DELETE":
        exchange().faults.heal()
    exchange().bell.ring()
    return jsonify(exchange().faults.as_dict())


@blueprint.route("/journal", methods=["GET", "DELETE"])
def journal() -> Response:
    """Events and the debugger's errors, or forget them."""
    if request.method == "DELETE":
        exchange().journal.forget()
    return jsonify(events=exchange().journal.events, errors=exchange().journal.errors)


@blueprint.get("/timings")
def timings() -> Response:
    """(kind, milliseconds) of every webhook and REST request since the journal was forgotten."""
    return jsonify(exchange().journal.timings)


@blueprint.post("/load")
def begin_load() -> Response:
    """Let many callers call at once."""
    asked = _asked()
    asked["plan"] = people.plan_of(asked["plan"])
    load.start(exchange(), load.Load(**asked))
    return jsonify(calls=asked["calls"])
