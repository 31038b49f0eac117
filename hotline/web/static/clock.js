// Ticks every <time data-due> once a second, by the server's clock; the colour says how late it is.
// <time data-since> counts up.

const body = document.body;
const ahead = Date.parse(body.dataset.now) - Date.now();
const SOON_SHARE = 0.25;
const SOON_MS = 10 * 60_000;

function length(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  const two = (number) => String(number).padStart(2, "0");
  if (hours >= 48) return body.dataset.textDays.replace("{}", days);
  const rest = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : `${minutes}:${two(seconds % 60)}`;
}

function lateness(element, left) {
  if (left < 0) return "late";
  const whole = element.dataset.started ? Date.parse(element.dataset.due) - Date.parse(element.dataset.started) : 0;
  return left < (whole ? whole * SOON_SHARE : SOON_MS) ? "soon" : "fine";
}

function tick(element) {
  const left = Date.parse(element.dataset.due) - Date.now() - ahead;
  const words = left < 0 ? body.dataset.textLate : body.dataset.textLeft;
  element.textContent = words.replace("{}", length(Math.floor(Math.abs(left) / 1000)));
  element.dataset.lateness = lateness(element, left);
}

function count(element) {
  const gone = Date.now() + ahead - Date.parse(element.dataset.since);
  element.textContent = length(Math.max(0, Math.floor(gone / 1000)));
}

function tickAll() {
  document.querySelectorAll("time[data-since]").forEach(count);
  document.querySelectorAll("time[data-due]").forEach(tick);
}

tickAll();
setInterval(tickAll, 1000);
body.addEventListener("htmx:load", tickAll);
