"""Performs the documents of one call, verb by verb."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from hotline.simulator import twiml
from hotline.simulator.calls import Act, Call, Destination, HungUp, Moved
from hotline.simulator.courier import Reply, Request, WebhookFailure
from hotline.simulator.exchange import Exchange
from hotline.simulator.twiml import TwimlError, Verb

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
_XML_TYPES = ("text/xml", "application/xml")
_DOCUMENTS_IN_A_ROW = 100
_A_ROUND = 1.0  # seconds
_LOOP = 12200


@dataclass(frozen=True)
class Document:
    """What to perform, and the URL that relative ones in it refer to."""

    url: str
    verbs: tuple[Verb, ...]


class ApplicationError(Exception):
    """The call cannot go on; the caller hears the apology."""


class Finished(Exception):
    """A verb has ended the performance, with the status the call ends in."""

    def __init__(self, status: str = "completed") -> None:
        super().__init__(status)
        self.status = status


class Stage:
    """One call and the document it is in."""

    misfit = twiml.SCHEMA_WARNING  # the error code for a verb that has no place here

    def __init__(
        self,
        exchange: Exchange,
        call: Call,
        verbs: Mapping[str, "Handler"],
        *,
        nested: bool = False,
    ) -> None:
        """`nested`: inside another verb, which is to hear of it when the call is moved."""
        self.exchange = exchange
        self.call = call
        self.url = ""
        self.verbs = verbs
        self._nested = nested

    def perform(self, destination: Destination, extra: Mapping[str, str] | None = None) -> None:
        """Perform a document and all that follow from it, to the end of the last.

        Raises HungUp, Finished or ApplicationError; Moved when nested.
        """
        self._perform_all(self.go(destination, extra))

    def go_on(self) -> None:
        """Perform what a REST request has moved the call to; raises as `perform` does."""
        self._perform_all(self._moved())

    def _perform_all(self, document: Document | None) -> None:
        in_a_row, lived = 0, self.call.lived
        while document is not None:
            document = self._perform_one(document)
            # A caller may wait for an hour, round after round; a loop takes no time.
            waited = self.call.lived - lived >= _A_ROUND
            in_a_row = 0 if waited else in_a_row + 1
            lived = self.call.lived
            if in_a_row > _DOCUMENTS_IN_A_ROW:
                self._break_loop()

    def _break_loop(self) -> None:
        message = f"{_DOCUMENTS_IN_A_ROW} documents in one call: a loop"
        self.exchange.journal.error(_LOOP, message, self.call.sid, self.url)
        raise ApplicationError

    def _perform_one(self, document: Document) -> Document | None:
        self.url = document.url
        self._pick_up(document)
        try:
            for verb in document.verbs:
                self.call.check()
                following = self._handler(verb)(self, verb)
                if following is not None:
                    return following
            self.call.check()
        except Moved:
            if self._nested:
                raise
            return self._moved()
        return None

    def _pick_up(self, document: Document) -> None:
        """An inbound call is answered by its first document, unless that rejects it."""
        rejected = bool(document.verbs) and document.verbs[0].name == "Reject"
        if self.call.started is None and not rejected:
            self.exchange.progress(self.call, "answered", "in-progress")

    def _handler(self, verb: Verb) -> "Handler":
        handler = self.verbs.get(verb.name)
        if handler is None:
            message = f"Schema validation: <{verb.name}> cannot be performed here"
            self.exchange.journal.error(self.misfit, message, self.call.sid, self.url)
            raise ApplicationError
        return handler

    def _moved(self) -> Document:
        destination = self.call.moved_to
        self.call.change(moved_to=None, by_api=False)
        if destination is None:
            raise HungUp
        return self.go(destination)

    def go(self, destination: Destination, extra: Mapping[str, str] | None = None) -> Document:
        """Fetch what a REST request or a configuration points to."""
        if destination.twiml:
            return Document("", twiml.parse(destination.twiml.encode()))
        return self.ask("voice", destination.url, destination.method, extra)

    def ask(
        self, kind: str, url: str, method: str = "POST", extra: Mapping[str, str] | None = None
    ) -> Document:
        """Fetch the next document, or the fallback's. Raises ApplicationError, HungUp."""
        target = self.absolute(url)
        params = {**self.call.params(), **(extra or {})}
        try:
            document = self._fetch(kind, target, method, params)
        except (WebhookFailure, TwimlError) as failure:
            document = self._fall_back(failure, target, params)
        if self.call.gone:
            raise HungUp
        return document

    def _fall_back(
        self, failure: WebhookFailure | TwimlError, url: str, params: Mapping[str, str]
    ) -> Document:
        journal, fallback = self.exchange.journal, self.call.fallback
        journal.error(failure.code, str(failure), self.call.sid, url)
        if not fallback.url:
            raise ApplicationError
        why = {"ErrorCode": str(failure.code), "ErrorUrl": url}
        try:
            return self._fetch("fallback", fallback.url, fallback.method, {**params, **why})
        except (WebhookFailure, TwimlError) as second:
            journal.error(second.code, str(second), self.call.sid, fallback.url)
            raise ApplicationError from second

    def _fetch(self, kind: str, url: str, method: str, params: Mapping[str, str]) -> Document:
        request = Request(kind, url, method, params, self.call.sid)
        return self.read(self.exchange.courier.ask(request))

    def read(self, reply: Reply) -> Document:
        """The document that has come. Raises TwimlError."""
        kind = reply.content_type.partition(";")[0].strip().lower()
        if kind not in _XML_TYPES:
            raise TwimlError(twiml.INVALID_CONTENT_TYPE, f"Invalid Content-Type: {kind or 'none'}")
        return Document(reply.url, twiml.parse(reply.body))

    def absolute(self, url: str) -> str:
        """The URL, as seen from the document being performed; empty is the document itself."""
        return urljoin(self.url, url)

    def inform(self, kind: str, verb: Verb, extra: Mapping[str, str]) -> None:
        """Request a verb's action although its answer no longer matters, the caller being gone."""
        url, method = self.absolute(verb.get("action")), verb.get("method", "POST")
        params = {**self.call.params(), "CallStatus": "completed", **extra}
        request = Request(kind, url, method, params, self.call.sid)
        try:
            self.exchange.courier.ask(request)
        except WebhookFailure as failure:
            self.exchange.journal.error(failure.code, str(failure), self.call.sid, failure.url)

    def next_act(self, awaiting: str, seconds: float) -> Act | None:
        """What the person does, or None when they stay silent. Raises HungUp, Moved."""
        call = self.call
        act = call.next_act(awaiting, seconds)
        if act is None and not (call.unattended or call.waits or call.pace.real):
            self.exchange.neglected(call, f"the network waited in {awaiting}")
        return None if act is None or act.kind == "silence" else act

    def passes(self, seconds: float, awaiting: str) -> None:
        """Let a prompt take its time; where input is awaited, a key or a voice cuts it short."""
        if awaiting and self.call.pace.real:
            self.call.stirs(awaiting, seconds)
        else:
            self.call.lasts(seconds)


Handler = Callable[[Stage, Verb], Document | None]
