// One telephone: what it shows, and what its buttons do.
import { tell } from "/static/network.js";
import * as sounds from "/static/sounds.js";
import { inEnglish, translate, word } from "/static/words.js";

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"],
  ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
];
const HABITS = ["manual", "unanswered", "busy", "voicemail", "unreachable"];
const SPEAKING = { record: "speakRecord", bridge: "speakBridge", gather: "speakGather" };
const LOST = new Set(["failed", "busy", "no-answer", "canceled"]);

export function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export class Telephone {
  constructor(number, line) {
    this.number = number;
    this.view = null;
    this.callShown = "";
    this.linesShown = 0;
    this.textsShown = 0;
    this.unread = 0;
    this.tab = "talk";
    this.loud = true;
    this.stopListening = null;
    this.root = document.getElementById("telephone").content.firstElementChild.cloneNode(true);
    this.parts = {};
    for (const part of this.root.querySelectorAll("[data-part]")) {
      this.parts[part.dataset.part] = part;
    }
    this.parts.compose.elements.to.value = line;
    this.parts.entry.value = "";
    this.makeKeys();
    this.listenToButtons();
    this.retranslate();
  }

  makeKeys() {
    for (const [key, letters] of KEYS) {
      const button = element("button", key);
      button.type = "button";
      button.dataset.key = key;
      button.append(element("small", letters));
      button.addEventListener("click", () => this.press(key));
      this.parts.keys.append(button);
    }
  }

  listenToButtons() {
    const parts = this.parts;
    const does = (part, event, work) => parts[part].addEventListener(event, work);
    does("call", "click", () => this.dial());
    does("answer", "click", () => this.tell("answer", { act: "answer" }));
    does("decline", "click", () => this.tell("answer", { act: "decline" }));
    does("hangup", "click", () => this.tell("hangup", {}));
    does("habit", "change", () => this.tell("phones", { habit: parts.habit.value }));
    does("microphone", "click", () => this.toggleMicrophone());
    does("file", "change", () => this.sayFile());
    does("typed", "submit", (event) => this.sayTyped(event));
    does("compose", "submit", (event) => this.sendText(event));
    does("speaker", "click", () => this.toggleSpeaker());
    does("entry", "keydown", (event) => event.key === "Enter" && parts.call.click());
    for (const tab of this.root.querySelectorAll("[data-tab]")) {
      tab.addEventListener("click", () => this.open(tab.dataset.tab));
    }
  }

  async tell(path, body) {
    sounds.wake();
    this.parts.trouble.textContent = "";
    try {
      return await tell(path, { number: this.number, ...body });
    } catch (error) {
      this.parts.trouble.textContent = error.message;
      return null;
    }
  }

  dial() {
    this.tell("dial", { to: this.parts.entry.value.trim() });
    this.parts.entry.value = "";
  }

  press(key) {
    sounds.keyTone(key);
    if (this.view.state !== "talking") {
      this.parts.entry.value += key;
    } else if (this.view.call.awaiting) {
      this.tell("act", { act: "press", digits: key });
    } else {
      this.parts.trouble.textContent = word("nobodyListens");
    }
  }

  say(sound) {
    return this.tell("act", { act: "say", sound });
  }

  async sayTyped(event) {
    event.preventDefault();
    const input = this.parts.typed.elements.words;
    const text = input.value.trim();
    if (text && await this.say({ text, language: inEnglish() ? "en" : "zh" })) input.value = "";
  }

  async sayFile() {
    const [file] = this.parts.file.files;
    this.parts.file.value = "";
    if (!file) return;
    try {
      await this.say({ wav: await sounds.asWav(file) });
    } catch {
      this.parts.trouble.textContent = word("badFile");
    }
  }

  async toggleMicrophone() {
    if (this.stopListening === null) {
      await this.openMicrophone();
    } else {
      await this.closeMicrophone();
    }
    this.showMicrophone();
  }

  async openMicrophone() {
    try {
      this.stopListening = await sounds.listen();
      await this.tell("microphone", { open: true });
    } catch {
      this.parts.trouble.textContent = word("noMicrophone");
    }
  }

  async closeMicrophone() {
    const wav = await this.stopListening();
    this.stopListening = null;
    await this.say({ wav });
    await this.tell("microphone", { open: false });
  }

  async sendText(event) {
    event.preventDefault();
    const { to, body } = this.parts.compose.elements;
    if (!body.value.trim()) return;
    if (await this.tell("text", { to: to.value.trim(), body: body.value })) body.value = "";
  }

  toggleSpeaker() {
    this.loud = !this.loud;
    if (!this.loud) sounds.hush();
    this.retranslate();
  }

  open(tab) {
    this.tab = tab;
    if (tab === "texts") this.unread = 0;
    this.showTab();
  }

  retranslate() {
    translate(this.root);
    const { habit, speaker } = this.parts;
    habit.replaceChildren(...HABITS.map((name) => new Option(word(name), name)));
    speaker.textContent = word(this.loud ? "speakerOn" : "speakerOff");
    this.parts.captions.dataset.empty = word("empty");
    this.parts.bubbles.dataset.empty = word("noTexts");
    this.showMicrophone();
    if (this.view) this.show(this.view, true);
  }

  show(view, again = false) {
    const first = this.view === null;
    this.view = view;
    this.root.dataset.state = view.state;
    const label = inEnglish() && view.label_en ? view.label_en : view.label;
    this.parts.label.textContent = label || view.number;
    this.parts.number.textContent = view.number || word("nameless");
    if (document.activeElement !== this.parts.habit) this.parts.habit.value = view.habit;
    this.showCaptions(view.call, first, again);
    this.showTexts(view.texts, first);
    this.showControls(view);
    this.tick();
  }

  showCaptions(call, first, again) {
    const captions = this.parts.captions;
    if (call && (call.sid !== this.callShown || again)) {
      captions.replaceChildren();
      this.linesShown = 0;
      if (call.sid !== this.callShown && !first) this.open("talk");
      this.callShown = call.sid;
    }
    const lines = call ? call.heard : [];
    for (const line of lines.slice(this.linesShown)) {
      captions.append(this.caption(line));
      if (!first && !again) this.sound(line);
    }
    if (lines.length > this.linesShown) captions.scrollTop = captions.scrollHeight;
    this.linesShown = lines.length;
  }

  caption(line) {
    const said = {
      beep: word("beep"), key: `${word("key")} ${line.text}`,
      pressed: `${word("pressed")} ${line.text}`, note: word(line.text),
      music: `♪ ${word("music")}`, play: `♪ ${line.text}`,
    };
    return element("li", said[line.kind] ?? line.text, line.kind);
  }

  sound(line) {
    if (!this.loud) return;
    if (line.kind === "beep") sounds.beep();
    if (line.kind === "play") sounds.play(line.text);
    if (line.kind === "voice" || line.kind === "note") {
      sounds.speak(line.kind === "note" ? word(line.text) : line.text, line.language || "zh-CN");
    }
  }

  showTexts(texts, first) {
    for (const text of texts.slice(this.textsShown)) {
      const bubble = element("li", text.body, text.mine ? "mine" : "theirs");
      const when = new Date(text.at * 1000).toLocaleTimeString("zh-CN", { hour12: false });
      bubble.append(element("small", `${text.mine ? text.to : text.from} · ${when}`));
      this.parts.bubbles.append(bubble);
      if (!text.mine && !first) this.arrived();
    }
    this.textsShown = texts.length;
    this.showTab();
  }

  arrived() {
    if (this.loud) sounds.beep();
    if (this.view.state === "idle") this.tab = "texts";
    if (this.tab !== "texts") this.unread += 1;
  }

  showTab() {
    const texts = this.tab === "texts";
    this.root.dataset.tab = this.tab;
    this.parts.captions.hidden = texts;
    this.parts.bubbles.hidden = !texts;
    this.parts.compose.hidden = !texts;
    this.parts.dialler.hidden = texts && this.view?.state === "idle";
    this.parts.unread.textContent = this.unread || "";
    this.parts.bubbles.scrollTop = this.parts.bubbles.scrollHeight;
    for (const tab of this.root.querySelectorAll("[data-tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.tab === this.tab));
    }
  }

  showControls(view) {
    const { call, answer, decline, hangup, speak, speakHint, entry } = this.parts;
    const ringing = view.state === "ringing";
    call.hidden = view.state !== "idle";
    answer.hidden = decline.hidden = !ringing;
    hangup.hidden = view.state === "idle" || ringing;
    entry.hidden = view.state !== "idle";
    const awaiting = view.state === "talking" ? view.call.awaiting : "";
    const canSpeak = awaiting === "record" || awaiting === "bridge" || this.stopListening !== null;
    speak.hidden = !canSpeak;
    speakHint.textContent = word(SPEAKING[awaiting] ?? "speakRecord");
    this.root.dataset.awaiting = awaiting;
  }

  showMicrophone() {
    const open = this.stopListening !== null;
    this.parts.microphone.textContent = word(open ? "stop" : "microphone");
    this.parts.microphone.classList.toggle("open", open);
  }

  tick() {
    const { view, parts } = this;
    const call = view.call;
    const other = call && (call.direction === "inbound" ? call.to : call.from);
    parts.who.textContent = call ? other || word("nameless") : "";
    let state = word(view.state);
    if (view.state === "talking") state += ` ${clock(Date.now() / 1000 - call.started)}`;
    if (view.state === "idle" && call) {
      const missed = call.direction === "inbound" ? "failed" : "missed";
      state = LOST.has(call.status) ? word(missed) : `${word("ended")} ${clock(call.duration)}`;
    }
    parts.state.textContent = state;
  }
}
