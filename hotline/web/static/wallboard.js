// A screen on a wall that nobody touches: tells the time, says when the server has not answered for a while,
// and begins anew now and then, so that it never runs an old page.

const LOST_AFTER_MS = 15_000;
const ANEW_AFTER_MS = 6 * 3_600_000;
const body = document.body;
const lost = document.getElementById("wall-lost");
const clock = document.getElementById("wall-clock");
const ahead = Date.parse(body.dataset.now) - Date.now();
const time = new Intl.DateTimeFormat("zh-CN", {
  timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});
const began = Date.now();
let heardAt = Date.now();

body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) heardAt = Date.now();
  // The sign-in is over: the page itself leads to the door.
  else if (detail.xhr.status === 401) location.reload();
});

function tick() {
  const now = Date.now();
  clock.textContent = time.format(now + ahead);
  lost.hidden = now - heardAt < LOST_AFTER_MS;
  if (lost.hidden && now - began > ANEW_AFTER_MS) location.reload();
}

tick();
setInterval(tick, 1000);
