// The recording's player: waveform, keys, speed. The audio is fetched once, at the first press of play.

const body = document.body;
const SPEEDS = [1, 1.25, 1.5, 0.75];
const STEP_SECONDS = 5;
const KEEP_PITCH = true;

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function waveform(box) {
  const style = getComputedStyle(box);
  return WaveSurfer.create({
    container: box.querySelector("[data-wave]"),
    cspNonce: body.dataset.styleNonce,
    height: 64,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    normalize: true,
    waveColor: style.getPropertyValue("--wave").trim(),
    progressColor: style.getPropertyValue("--wave-played").trim(),
    cursorColor: style.getPropertyValue("--wave-played").trim(),
  });
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return answer.blob();
}

class Player {
  constructor(box) {
    this.box = box;
    this.speed = 0;
    this.part = (name) => box.querySelector(`[data-${name}]`);
    box.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")?.dataset.do));
    box.addEventListener("keydown", (event) => this.key(event));
  }

  press(deed) {
    if (deed === "play") this.play();
    if (deed === "back") this.wave?.skip(-STEP_SECONDS);
    if (deed === "forward") this.wave?.skip(STEP_SECONDS);
    if (deed === "speed") this.faster();
  }

  key(event) {
    const deed = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", s: "speed" }[event.key];
    if (!deed || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.press(deed);
  }

  async play() {
    this.loading ??= this.load();
    await this.loading;
    await this.wave?.playPause();
  }

  async load() {
    this.box.dataset.state = "loading";
    this.part("fault").textContent = "";
    try {
      const audio = await fetched(this.box.dataset.player);
      this.part("hint")?.remove();
      this.wave = waveform(this.box);
      this.listen();
      await this.wave.loadBlob(audio);
      this.wave.setPlaybackRate(SPEEDS[this.speed], KEEP_PITCH);
    } catch {
      this.wave?.destroy();
      this.wave = undefined;
      this.loading = undefined;
      this.box.dataset.state = "";
      this.part("fault").textContent = this.box.dataset.textFailed;
    }
  }

  listen() {
    const state = (name) => () => { this.box.dataset.state = name; };
    this.wave.on("ready", (seconds) => { this.part("length").textContent = clock(seconds); });
    this.wave.on("timeupdate", (seconds) => { this.part("at").textContent = clock(seconds); });
    this.wave.on("play", state("playing"));
    this.wave.on("pause", state("paused"));
    this.wave.on("finish", state("paused"));
  }

  faster() {
    this.speed = (this.speed + 1) % SPEEDS.length;
    this.part("speed").textContent = SPEEDS[this.speed];
    this.wave?.setPlaybackRate(SPEEDS[this.speed], KEEP_PITCH);
  }

  leave() {
    this.wave?.destroy();
  }
}

const players = new WeakMap();

function startAll() {
  for (const box of document.querySelectorAll("[data-player]")) {
    if (!players.has(box)) players.set(box, new Player(box));
  }
}

function playFirst(event) {
  if (event.key !== " " || event.target !== body) return;
  players.get(document.querySelector("[data-player]"))?.key(event);
}

startAll();
// Anywhere on the page, as long as nothing there wants the key for itself.
document.addEventListener("keydown", playFirst);
body.addEventListener("htmx:load", startAll);
body.addEventListener("htmx:beforeCleanupElement", ({ target }) => players.get(target)?.leave());
