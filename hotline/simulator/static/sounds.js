// What the page makes audible: bells, key tones, the network's voice; and the microphone.
const RATE = 8000;
const ROWS = { "123": 697, "456": 770, "789": 852, "*0#": 941 };
const COLUMNS = { "147*": 1209, "2580": 1336, "369#": 1477 };
const BELL = [440, 554];
const BELL_EVERY_MS = 3000;

let context = null;
let bellTimer = null;

function audio() {
  context ??= new AudioContext();
  return context;
}

export function wake() {
  if (context === null || context.state === "suspended") audio().resume();
}

function sound(frequencies, seconds, volume, after = 0) {
  if (context === null || context.state !== "running") return;
  const gain = context.createGain();
  const begin = context.currentTime + after;
  gain.gain.setValueAtTime(volume, begin);
  gain.gain.setTargetAtTime(0, begin + seconds, 0.02);
  gain.connect(context.destination);
  for (const hertz of frequencies) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(begin);
    tone.stop(begin + seconds + 0.2);
  }
}

const tuned = (table, key) => Object.entries(table).find(([keys]) => keys.includes(key))[1];

export function keyTone(key) {
  wake();
  sound([tuned(ROWS, key), tuned(COLUMNS, key)], 0.12, 0.06);
}

export const beep = () => sound([1000], 0.25, 0.06);

function bell() {
  for (const after of [0, 0.4]) sound(BELL, 0.25, 0.08, after);
}

export function ringWhile(ringing) {
  if (ringing && bellTimer === null) {
    bell();
    bellTimer = setInterval(bell, BELL_EVERY_MS);
  }
  if (!ringing && bellTimer !== null) {
    clearInterval(bellTimer);
    bellTimer = null;
  }
}

export function speak(text, language) {
  if (!("speechSynthesis" in window)) return;
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language.startsWith("en") ? "en-US" : "zh-CN";
  speechSynthesis.speak(utterance);
}

let playing = null;

// The network has fetched it: the page itself reaches nobody else.
export function play(url) {
  playing = new Audio(`/control/sound?url=${encodeURIComponent(url)}`);
  playing.play().catch(() => { playing = null; });
}

export function hush() {
  playing?.pause();
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}

export async function listen() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.start();
  return async () => {
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    recorder.stop();
    await stopped;
    for (const track of stream.getTracks()) track.stop();
    return asWav(new Blob(parts));
  };
}

// Any sound the browser can decode, as a WAV file of one channel at the network's own rate.
export async function asWav(blob) {
  const decoded = await audio().decodeAudioData(await blob.arrayBuffer());
  const length = Math.max(1, Math.ceil(decoded.duration * RATE));
  const offline = new OfflineAudioContext(1, length, RATE);
  const source = offline.createBufferSource();
  source.buffer = decoded;
  source.connect(offline.destination);
  source.start();
  const rendered = await offline.startRendering();
  return base64(wavFile(rendered.getChannelData(0)));
}

function wavFile(samples) {
  const bytes = new ArrayBuffer(44 + samples.length * 2);
  const view = new DataView(bytes);
  const ascii = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  ascii(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  ascii(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  ascii(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => {
    view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sample)) * 32767, true);
  });
  return new Uint8Array(bytes);
}

function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}
