// Passkeys: a button with data-passkey ("get" or "create") asks the server at data-options what to ask of the device,
// puts the device's answer into its form's "credential", and sends the form. Where they cannot work the button
// stays hidden and [data-passkey-hint] says why.

const SITE = document.querySelector("[data-passkey-site]")?.dataset.passkeySite;

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// By hand, for browsers of before 2024 have no parseRequestOptionsFromJSON.
function understood(options) {
  const described = (known) => (known ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: described(options.allowCredentials) }),
    ...(options.excludeCredentials && { excludeCredentials: described(options.excludeCredentials) }),
  };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function written(credential) {
  const parts = PARTS.filter((name) => credential.response[name]);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(parts.map((name) => [name, text(credential.response[name])])),
  });
}

async function ask(button, form) {
  const headers = { "X-CSRFToken": form.elements.csrf_token.value };
  const answer = await fetch(button.dataset.options, { method: "POST", headers });
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) throw new Error(answer.status);
  const publicKey = understood(await answer.json());
  const credential = await navigator.credentials[button.dataset.passkey]({ publicKey });
  form.elements.credential.value = written(credential);
  form.requestSubmit();
}

async function pressed(event) {
  const button = event.currentTarget;
  const form = button.form;
  const fault = button.parentElement.querySelector("[data-passkey-fault]");
  fault.textContent = "";
  button.disabled = true;
  // Cancelled, timed out, or not known here: the device does not say which, so that nobody learns it.
  await ask(button, form).catch(() => { fault.textContent = button.dataset.textFailed; });
  button.disabled = false;
}

// An address of digits alone (an intranet's) cannot have passkeys.
const isNamed = !/^[\d.]+$|^\[/.test(location.hostname);
const canWork = Boolean(window.PublicKeyCredential) && location.origin === SITE && isNamed;
for (const button of document.querySelectorAll("[data-passkey]")) {
  button.hidden = !canWork;
  button.addEventListener("click", pressed);
}
for (const hint of document.querySelectorAll("[data-passkey-hint]")) hint.hidden = canWork;
