// The page's only way to the network: JSON over HTTP, and one long poll for what has changed.
export async function tell(path, body, method = "POST") {
  const answer = await fetch(`/control/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function follow(show, lost) {
  let version = -1;
  for (;;) {
    try {
      const answer = await fetch(`/control/state?since=${version}&wait=25`);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const state = await answer.json();
      version = state.version;
      show(state);
      await pause(80);
    } catch (error) {
      lost(error);
      version = -1;
      await pause(1500);
    }
  }
}
