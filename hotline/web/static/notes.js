// Notes at moments of a recording: m (F9 while typing) takes the moment at which the player stands and puts the
// focus into the line; [data-jump] plays from its second. The player belongs to player.js.

const body = document.body;

const playerOf = (recording) => document.querySelector(`[data-player="${recording}"]`);

function moment(box) {
  const seconds = Math.floor(Number(playerOf(box.dataset.notesOf)?.dataset.at ?? 0));
  box.querySelector("[data-note-seconds]").value = seconds;
  box.querySelector("[data-note-at]").textContent =
    `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function boxOfPlayer() {
  const playing = document.querySelector("[data-player][data-state=playing]") ?? document.querySelector("[data-player][data-at]");
  const recording = playing?.dataset.player;
  return document.querySelector(recording ? `[data-notes-of="${recording}"]` : "[data-notes-of]");
}

function note() {
  const box = boxOfPlayer();
  if (!box) return false;
  const line = box.querySelector("[data-note-body]");
  moment(box);
  line.dataset.taken = "";
  line.focus();
  return true;
}

body.addEventListener("hotkey", (event) => {
  if (event.detail.key === "m" && note()) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "F9" && note()) event.preventDefault();
});

// Whoever clicks into the line and begins means the moment at which they began.
body.addEventListener("input", ({ target }) => {
  const box = target.matches?.("[data-note-body]") && target.closest("[data-notes-of]");
  if (box && target.value.length === 1 && !("taken" in target.dataset)) moment(box);
});

body.addEventListener("click", ({ target }) => {
  const jump = target.closest("[data-jump]");
  const box = jump && playerOf(jump.dataset.of);
  box?.dispatchEvent(new CustomEvent("jump", { detail: Number(jump.dataset.jump) }));
});
