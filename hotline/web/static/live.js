// Live notices: an event X on the stream becomes "live:X" on the body, where hx-trigger="live:X from:body"
// waits. The server says with them how long the consoles spread their asking (milliseconds), for there may be
// hundreds. A page that nobody sees does not ask; while no notices come, every kind is announced each ten seconds.

const body = document.body;
const kinds = body.dataset.liveEvents.split(/\s+/).filter(Boolean);
const status = document.getElementById("live-status");
const RETRY_MS = 10_000;
const SAFETY_MS = 60_000;
const URGENT = "emergency";
const URGENT_MS = 500;
// These say whom they concern, and few pages ask because of them: told at once, with their numbers.
const PERSONAL = new Set(["handover", "presence"]);
const pending = new Set();
let stream;
let pace = 0;
let version = 0;
let timer;
let askedAt = -Infinity;
let heardAt = -Infinity;
let round = 0;
const askedIn = new WeakMap();

function announce(kind, detail = {}) {
  body.dispatchEvent(new CustomEvent(`live:${kind}`, { detail }));
}

function ask() {
  timer = undefined;
  askedAt = performance.now();
  round += 1;
  const due = [...pending];
  pending.clear();
  for (const kind of due) announce(kind, { round });
}

const isUnseen = () => document.hidden && !document.querySelector("[data-live-hidden]");

// Once in each span of `within` at most, and not all consoles at the same moment.
function plan(within = pace) {
  if (timer || !pending.size || isUnseen()) return;
  timer = setTimeout(ask, Math.max(Math.random() * within, askedAt + within - performance.now()));
}

function planAll() {
  for (const kind of kinds) if (kind !== URGENT) pending.add(kind);
  plan();
}

function heard(kind, event) {
  version = Number(event.lastEventId);
  heardAt = performance.now();
  if (PERSONAL.has(kind)) return announce(kind, { ref: event.data });
  if (kind !== URGENT) {
    pending.add(kind);
    return plan();
  }
  announce(kind, { ref: event.data });
  clearTimeout(timer);
  timer = undefined;
  plan(Math.min(pace, URGENT_MS));
}

function show(state) {
  status.dataset.state = state;
  status.title = state === "live" ? body.dataset.textLive : body.dataset.textPoll;
}

function told(event) {
  const [state, spread] = event.data.split(" ");
  pace = Number(spread);
  if (state === status.dataset.state) return;
  show(state);
  // What happened between the making of this page, or the loss of the stream, and now.
  version = 0;
  planAll();
}

function connect() {
  stream = new EventSource(body.dataset.live);
  stream.addEventListener("state", told);
  stream.onerror = () => show("poll");
  for (const kind of kinds) stream.addEventListener(kind, (event) => heard(kind, event));
}

setInterval(() => {
  if (!stream) return;
  const quietMs = performance.now() - Math.max(askedAt, heardAt);
  if (status.dataset.state !== "live" || quietMs > SAFETY_MS) {
    version = 0;
    planAll();
  }
  // A refused stream is not tried again by the browser itself.
  if (stream.readyState === EventSource.CLOSED) connect();
}, RETRY_MS);

if (body.dataset.live) {
  addEventListener("pagehide", () => stream.close());
  // Not before the page is ready to listen. Coming back to a page kept by the browser counts, too.
  addEventListener("pageshow", connect);
  document.addEventListener("visibilitychange", () => plan(0));
}

// Of several kinds told at once, what listens for more than one asks once; and with which notice it asks for, so
// that the server may answer with what another console has asked for already.
body.addEventListener("htmx:configRequest", (event) => {
  const { elt, headers, triggeringEvent } = event.detail;
  if (!triggeringEvent?.type?.startsWith("live:")) return;
  const of = triggeringEvent.detail?.round;
  if (of && askedIn.get(elt) === of) return event.preventDefault();
  askedIn.set(elt, of);
  if (version) headers["X-Live"] = version;
});

// Sent away because too many ask: later, then.
body.addEventListener("htmx:responseError", ({ detail }) => {
  const kind = detail.requestConfig.triggeringEvent?.type ?? "";
  if (detail.xhr.status !== 503 || !kind.startsWith("live:")) return;
  pending.add(kind.slice("live:".length));
  plan(Math.max(pace, 1000 * Number(detail.xhr.getResponseHeader("Retry-After"))));
});
