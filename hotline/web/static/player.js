// The recording's player: waveform, keys, speed. The audio is fetched once, at the first press of play.
// Others on the page ask it by an event on its box: "jump", detail the second to play from. Where it stands is
// told in data-at.

const body = document.body;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const USUAL = SPEEDS.indexOf(1);
const STEP_SECONDS = 5;
const KEEP_PITCH = true;
const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", "<": "slower", ">": "faster" };
const WHILE_TYPING = { F2: "play", F4: "back" };

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
    this.speed = USUAL;
    this.part = (name) => box.querySelector(`[data-${name}]`);
    box.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")?.dataset.do));
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("jump", ({ detail }) => this.jump(detail));
  }

  press(deed) {
    if (deed) latest = this;
    if (deed === "play") this.play();
    if (deed === "back") this.wave?.skip(-STEP_SECONDS);
    if (deed === "forward") this.wave?.skip(STEP_SECONDS);
    if (deed === "slower") this.turn(Math.max(0, this.speed - 1));
    if (deed === "faster") this.turn(Math.min(SPEEDS.length - 1, this.speed + 1));
    if (deed === "speed") this.turn((this.speed + 1) % SPEEDS.length);
  }

  key(event) {
    const deed = KEYS[event.key];
    if (!deed || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.press(deed);
  }

  async ready() {
    this.loading ??= this.load();
    await this.loading;
  }

  async play() {
    await this.ready();
    await this.wave?.playPause();
  }

  async jump(second) {
    latest = this;
    await this.ready();
    this.wave?.setTime(second);
    await this.wave?.play();
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
    this.wave.on("timeupdate", (seconds) => {
      this.part("at").textContent = clock(seconds);
      this.box.dataset.at = seconds;
    });
    this.wave.on("play", state("playing"));
    this.wave.on("pause", state("paused"));
    this.wave.on("finish", state("paused"));
  }

  turn(speed) {
    this.speed = speed;
    this.part("speed").textContent = SPEEDS[speed];
    this.wave?.setPlaybackRate(SPEEDS[speed], KEEP_PITCH);
  }

  leave() {
    this.wave?.destroy();
  }
}

const players = new WeakMap();
let latest;

function startAll() {
  for (const box of document.querySelectorAll("[data-player]")) {
    if (!players.has(box)) players.set(box, new Player(box));
  }
}

const chosen = () => (latest?.box.isConnected ? latest : players.get(document.querySelector("[data-player]")));

startAll();
// Anywhere on the page, as long as nothing there wants the key for itself.
body.addEventListener("hotkey", (event) => {
  const { key, target } = event.detail;
  if (!KEYS[key] || (key === " " && target !== body) || !chosen()) return;
  event.preventDefault();
  chosen().press(KEYS[key]);
});
document.addEventListener("keydown", (event) => {
  const deed = WHILE_TYPING[event.key];
  if (!deed || event.ctrlKey || event.altKey || event.metaKey || !chosen()) return;
  event.preventDefault();
  chosen().press(deed);
});
body.addEventListener("htmx:load", startAll);
body.addEventListener("htmx:beforeCleanupElement", ({ target }) => players.get(target)?.leave());
