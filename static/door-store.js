// What a device at the door keeps: today's sealed list, its key to the names, and the queue of scans. A scan is
// written down for good (strict durability) before the page says so, so that a power cut takes nothing back.
const DoorStore = (() => {
  "use strict";
  const NAME = "door", SHELL = "door";
  let opening = null;

  function open() {
    opening ||= new Promise((done, failed) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("kept");
        const scans = asked.result.createObjectStore("scans", { keyPath: "sequence" });
        scans.createIndex("state", "state");
        scans.createIndex("who", ["who", "event"]);
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => asked.result.close(); // another tab wipes
        done(asked.result);
      };
      asked.onerror = () => failed(asked.error);
    });
    return opening;
  }
  const answer = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const read = async (store, ask) => answer(ask((await open()).transaction(store).objectStore(store)));
  async function write(act) {
    const store = (await open()).transaction(["kept", "scans"], "readwrite", { durability: "strict" });
    const over = new Promise((done, failed) => {
      store.oncomplete = done;
      store.onabort = () => failed(store.error);
    });
    const made = await act(store.objectStore("kept"), store.objectStore("scans"));
    await over;
    return made;
  }

  // --- what is kept by name ---
  const kept = (name) => read("kept", (store) => store.get(name));
  const keep = (name, value) => write((store) => answer(store.put(value, name)));
  const forget = (...names) => write((store) => Promise.all(names.map((name) => answer(store.delete(name)))));

  // --- scans: their numbers go up for ever, also where the server knows of more than is left here ---
  const countFrom = (known) => write(async (store) => {
    if (((await answer(store.get("sequence"))) || 0) < known) await answer(store.put(known, "sequence"));
  });
  const append = (scan) => write(async (store, scans) => {
    const sequence = ((await answer(store.get("sequence"))) || 0) + 1;
    await answer(store.put(sequence, "sequence"));
    await answer(store.put(scan.at, "last"));
    await answer(scans.add({ ...scan, sequence, state: "queued" }));
    return sequence;
  });
  const queued = (most) => read("scans", (store) => store.index("state").getAll("queued", most));
  const waiting = () => read("scans", (store) => store.index("state").count("queued"));
  const every = () => read("scans", (store) => store.getAll());
  const of = (who, event) => read("scans", (store) => store.index("who").getAll([who, event]));
  // Once it is delivered, what stood for the person is not kept any longer.
  const settle = (results) => write(async (store, scans) => {
    const waiting = await answer(scans.index("state").getAll("queued"));
    for (const { sealed, person, ...scan } of waiting) {
      const result = results.get(scan.nonce);
      if (!result) continue;
      await answer(scans.put({ ...scan, state: result.result, said: result.said }));
    }
  });
  const correct = (righted) => write(async (store, scans) => {
    for (const scan of await answer(scans.index("state").getAll("queued"))) {
      const at = righted(scan);
      if (at !== scan.at) await answer(scans.put({ ...scan, at }));
    }
  });
  const clear = (before) => write(async (store, scans) => {
    for (const scan of await answer(scans.getAll())) {
      if (scan.state !== "queued" && scan.at < before) await answer(scans.delete(scan.sequence));
    }
  });

  // --- the end: nothing of it stays in this browser ---
  const there = async () => !indexedDB.databases || (await indexedDB.databases()).some((one) => one.name === NAME);
  async function wipe() {
    if (opening) (await opening.catch(() => null))?.close();
    opening = null;
    await answer(indexedDB.deleteDatabase(NAME)).catch(() => {});
    if ("caches" in window) await caches.delete(SHELL);
    const workers = navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [];
    for (const worker of workers) if (new URL(worker.scope).pathname === "/door") await worker.unregister();
  }

  return { kept, keep, forget, countFrom, append, queued, waiting, every, of, settle, correct, clear, there, wipe, SHELL };
})();
