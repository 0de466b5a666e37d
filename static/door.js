// The page of a device at the door. Each scan is queued in this browser first and sent when there is a network
// (door-store.js, door-link.js); whom a code means, the sealed list says to that code alone (door-seal.js).
(async () => {
  "use strict";
  const EAST = 8 * 3600000, DAY = 24 * 3600000, LOOK = 120000, AGAIN = 20000, KEPT_DAYS = 7;
  const OPENS_BEFORE = 3600000, CLOSES_AFTER = 3 * 3600000;
  const one = (id) => document.getElementById(id);
  const words = one("words").dataset;
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  const form = one("scan");
  let list = null, key = null, names = [], lost = false, ready = false, stopped = false, busy = false, looked = -LOOK;

  const clock = (at) => new Date(at + EAST).toISOString().slice(11, 16);
  const day = (at) => new Date(at + EAST).toISOString().slice(0, 10);
  function make(tag, text, more = {}) {
    const part = document.createElement(tag);
    part.textContent = text;
    return Object.assign(part, more);
  }
  const button = (text, act, quiet) => make("button", text, { type: "button", className: quiet ? "quiet" : "", onclick: act });

  if (!window.isSecureContext || !window.indexedDB) {
    one("insecure").hidden = false;
    return;
  }

  // --- what stands on the page ---
  async function show() {
    if (stopped) return;
    const scans = await DoorStore.every();
    const sent = scans.filter((scan) => scan.state !== "queued").length;
    one("counts").textContent = fill(words.counts, { waiting: scans.length - sent, sent });
    one("network").textContent = lost ? words.lost : ready ? words.ready : words.online;
    one("network").className = lost ? "badge warn" : "badge good";
    const trouble = scans.filter((scan) => ["refused", "waiting"].includes(scan.state));
    one("trouble").hidden = !trouble.length;
    one("trouble-list").replaceChildren(...trouble.reverse().map((scan) => {
      const line = make("li", "");
      const what = [clock(scan.at), words[scan.kind], title(scan.event), fill(words[scan.state + "_because"], { said: scan.said })];
      line.append(make("b", what.slice(0, 2).join(" ")), make("span", " " + what.slice(2).filter(Boolean).join(" · ")));
      return line;
    }));
  }
  const title = (code) => list?.events.find((event) => event.code === code)?.title || "";
  function showList() {
    const today = list && list.day === day(DoorLink.now());
    one("where").textContent = list ? list.site + " · " + list.name : "";
    one("no-list").hidden = Boolean(today);
    one("no-events").hidden = !today || list.events.length > 0;
    form.hidden = !list;
    const events = today ? list.events : [];
    const chosen = one("event").value;
    one("event").replaceChildren(make("option", words.by_code, { value: "" }), ...events.map((event) =>
      make("option", clock(Date.parse(event.starts)) + " " + event.title, { value: event.code })));
    one("event").value = events.some((event) => event.code === chosen) ? chosen : "";
    one("event-field").hidden = events.length < 2;
    one("names").hidden = !names.length;
  }

  // --- the results, newest first; names stand here only while the page is open ---
  const recent = [];
  function say(text, good, more = {}) {
    recent.unshift({ text, good, at: DoorLink.now(), ...more });
    recent.length = Math.min(recent.length, 5);
    one("last").replaceChildren(...recent.map((said, n) => {
      const box = make("div", "", { className: said.good ? "answer" : "answer bad" }), line = make("p", "");
      if (!n) line.setAttribute("role", said.good ? "status" : "alert");
      line.append(make("b", (said.good ? "✓ " : "✗ ") + said.text), make("span", " " + clock(said.at), { className: "hint" }));
      box.append(line);
      if (said.undo) {
        const act = make("div", "", { className: "actions" });
        act.append(button(words.take_back, () => { said.undo(); said.undo = null; }, true));
        box.append(act);
      }
      return box;
    }));
  }
  function ask(text, choices) {
    one("ask-text").textContent = text;
    one("choices").replaceChildren(...choices.map(([what, act]) => button(what, () => { settle(); act(); })),
      button(words.leave, settle, true));
    one("ask").hidden = false;
    one("ask").scrollIntoView({ block: "nearest" });
  }
  function settle() {
    one("ask").hidden = true;
    form.elements.code.focus();
  }

  // --- a scan ---
  const open = () => list.events.filter((event) =>
    Date.parse(event.starts) - OPENS_BEFORE <= DoorLink.now() && DoorLink.now() <= Date.parse(event.ends) + CLOSES_AFTER);
  async function seen(text) {
    const code = DoorSeal.scanned(text);
    if (!code) return;
    await dropOld();
    if (!one("ask").hidden) say(words.left_out, false); // the next scan came before an answer
    settle();
    const row = await DoorSeal.find(list, code);
    const means = { sealed: await DoorSeal.seal(list.box, code) };
    if (row) return known(row, means);
    const events = list.events.filter((event) => !form.elements.event.value || event.code === form.elements.event.value);
    if (!events.length) return say(words.nothing_on, false);
    const kind = form.elements.act.value;
    ask(words.unknown, (events.length > 1 && open().length ? open().filter((event) => events.includes(event)) : events).map((event) =>
      [(kind === "in" ? words.walk_in : words[kind]) + " · " + event.title, () => take(means, "", event.code, { kind, walk_in: kind === "in" })]));
  }
  function known(row, means) {
    const kind = form.elements.act.value, chosen = form.elements.event.value;
    const its = list.events.filter((event) => event.code in row.stands);
    const now = its.filter((event) => open().includes(event));
    const among = its.some((event) => event.code === chosen) ? its.filter((event) => event.code === chosen) : now.length ? now : its;
    const act = (event) => {
      const walk_in = kind === "in" && row.stands[event.code] === "waiting";
      return [(walk_in ? words.walk_in : words[kind]) + " · " + event.title, () => take(means, row, event.code, { kind, walk_in })];
    };
    if (among.length > 1) return ask(fill(words.which, { name: row.name }), among.map(act));
    if (kind === "in" && row.stands[among[0].code] === "waiting") return ask(fill(words.still_waiting, { name: row.name }), among.map(act));
    return take(means, row, among[0].code, { kind, walk_in: false });
  }
  async function take(means, row, event, { kind, walk_in }) {
    const name = row ? row.name : words.nobody, who = row ? row.id : "";
    const before = who ? (await DoorStore.of(who, event)).pop() : null;
    if (before && before.kind === "in" && kind === "in") {
      return say(fill(words.already, { name, at: clock(before.at) }), true);
    }
    const at = Math.round(DoorLink.now());
    try {
      await DoorStore.append({ nonce: crypto.randomUUID(), event, kind, at, walk_in, who, era: DoorLink.era(), ...means });
    } catch {
      return say(words.full, false);
    }
    const undo = kind === "undo" ? null : () => take(means, row, event, { kind: "undo", walk_in: false });
    const its = list.events.find((each) => each.code === event);
    say(fill(words["done_" + kind], { name, title: its.title, place: its.place }), true, { undo });
    contact();
  }

  // --- the names, where this device may search them ---
  function search() {
    const typed = one("who").value.trim().toLowerCase();
    const found = typed ? names.filter((row) => row.initials.toLowerCase().startsWith(typed) || row.name.startsWith(typed.toUpperCase())) : [];
    one("found").replaceChildren(...found.slice(0, 20).map((row) => {
      const line = make("li", "");
      const what = Object.keys(row.stands).map(title).filter(Boolean).join("、");
      line.append(button(row.name + " · " + what, () => { one("who").value = ""; search(); known(row, { person: row.mark }); }, true));
      return line;
    }));
  }

  // --- contact ---
  async function contact() {
    if (busy || stopped) return;
    busy = true;
    try {
      if (performance.now() - looked >= LOOK) await look();
      const answer = stopped ? null : await DoorLink.send();
      if (answer && [401, 403].includes(answer.status)) await stop(answer.body);
      else if (answer) say(answer.body.said || words.not_taken, false);
      lost = Boolean(answer);
      if (!stopped && one("stopping").hidden === false) await end(one("stopping").textContent);
    } catch {
      lost = true;
    }
    busy = false;
    await show();
    if (!stopped && !lost && (await DoorStore.queued(1)).length) setTimeout(contact, 0); // came while the rest was sent
  }
  async function look() {
    const answer = await DoorLink.ask("/door/list?have=" + (list ? list.tag : ""));
    if ([401, 403].includes(answer.status) && answer.body.reason) return stop(answer.body);
    if (answer.status !== 200) throw new Error(answer.status);
    looked = performance.now();
    await DoorLink.learn(answer.body.now, answer.asked);
    await DoorStore.countFrom(answer.body.last);
    if (answer.body.rows) {
      list = answer.body;
      await DoorStore.keep("list", list);
      await findKey();
    }
    showList();
    DoorLink.keepShell().then(() => { ready = true; return show(); }).catch(() => {}); // no room is no reason to stop
  }
  async function findKey() {
    if (list.names && !key) {
      const answer = await DoorLink.ask("/door/key");
      if (answer.body.key) await DoorStore.keep("key", (key = await DoorSeal.own(answer.body.key)));
    }
    names = list.names && key ? await DoorSeal.unseal(key, list.names) : [];
  }
  // Revoked: all goes at once. Past its dates: the list goes, and the rest as soon as the queue is sent.
  async function stop({ reason, said, wipe }) {
    if (reason === "not_today") {
      [list, names, key] = [null, [], null];
      await DoorStore.forget("list", "key");
      showList();
      one("no-list").hidden = true;
      one("stopping").textContent = said;
      one("stopping").hidden = false;
      looked = performance.now();
      if (!wipe) one("stopping").dataset.early = "";
      return;
    }
    await end(said);
  }
  async function end(said) {
    if ("early" in one("stopping").dataset) return;
    stopped = true;
    recent.length = 0;
    [list, names, key] = [null, [], null];
    await DoorStore.wipe();
    one("stopping").textContent = said;
    one("stopping").hidden = false;
    one("working").remove();
  }

  // Yesterday's people are no longer this device's business.
  async function dropOld() {
    if (!list || list.day >= day(DoorLink.now()) || !list.events.length) return;
    list = { ...list, events: [], rows: {}, names: null, tag: "" };
    names = [];
    await DoorStore.forget("list");
    showList();
  }

  // --- begin ---
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = form.elements.code.value;
    form.elements.code.value = "";
    seen(typed).catch(() => say(words.full, false));
  });
  document.addEventListener("seen", (event) => seen(event.detail).catch(() => say(words.full, false)));
  one("who").addEventListener("input", search);
  await DoorLink.begin();
  await DoorStore.clear(DoorLink.now() - KEPT_DAYS * DAY);
  [list, key] = [await DoorStore.kept("list"), await DoorStore.kept("key")];
  await dropOld();
  if (list?.names && key) names = await DoorSeal.unseal(key, list.names);
  showList();
  await show();
  form.elements.code.focus();
  if (navigator.serviceWorker) navigator.serviceWorker.register("/door/worker.js", { scope: "/door" }).catch(() => {});
  navigator.storage?.persist?.().catch(() => {});
  addEventListener("online", () => { looked = -LOOK; contact(); });
  addEventListener("offline", () => { lost = true; show(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) contact(); });
  setInterval(() => dropOld().then(contact), AGAIN);
  await contact();
})();
