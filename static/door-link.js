// Contact with the server: asks for the list, sends the queue, and keeps the page for when there is no network.
const DoorLink = (() => {
  "use strict";
  const PATIENCE = 60000, AT_ONCE = 100;

  // {status, body, asked}; throws where there is no network, or something else than our server answers.
  async function ask(path, given = {}) {
    const patience = new AbortController(), asked = performance.now();
    const over = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const answer = await fetch(path, { cache: "no-store", signal: patience.signal, ...given });
      return { status: answer.status, body: await answer.json(), asked };
    } finally {
      clearTimeout(over);
    }
  }

  const said = ({ nonce, event, kind, at, sequence, walk_in, sealed, person }) => ({
    nonce, event, kind, sequence, at: new Date(at).toISOString(), ...(walk_in ? { walk_in } : {}), ...(person ? { person } : { sealed }),
  });
  // Sends what waits, the oldest first; the answer that stopped it, or null when nothing waits any more.
  async function send() {
    for (;;) {
      const scans = await DoorStore.queued(AT_ONCE);
      if (!scans.length) return null;
      const answer = await ask("/door/scans", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ sent_at: new Date(DoorClock.now()).toISOString(), scans: scans.map(said) }),
      });
      if (answer.status !== 200) return answer;
      await DoorStore.settle(new Map(answer.body.results.map((result) => [result.nonce, result])));
      await DoorClock.learn(answer.body.now, answer.asked);
    }
  }

  // The page itself, for when it is opened without network: the worker (door-worker.js) hands it out.
  async function keepShell() {
    await navigator.serviceWorker.ready;
    const parts = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], link[rel=manifest], script[src]")];
    const wanted = parts.map((part) => part.getAttribute("href") || part.getAttribute("src"));
    wanted.push(document.getElementById("scan").dataset.reader);
    const answer = await fetch("/door", { cache: "no-store" });
    const text = await answer.clone().text();
    if (!answer.ok || !text.includes('id="scan"')) throw new Error("not the page"); // a portal in between
    const cache = await caches.open(DoorStore.SHELL);
    for (const each of wanted) if (!(await cache.match(each))) await cache.add(each);
    if (!wanted.slice(0, -1).every((each) => text.includes(each))) return; // a newer page: kept when it is open itself
    await cache.put("/door", answer);
    for (const each of await cache.keys()) {
      const { pathname, search } = new URL(each.url);
      if (pathname !== "/door" && !wanted.includes(pathname + search)) await cache.delete(each);
    }
  }

  return { ask, send, keepShell };
})();
