// The page of a device at the door. Each scan is queued in this browser first and sent when there is a network
// (door-store.js, door-link.js); whom a code means, the sealed list says to that code alone (door-seal.js).
(async () => {
  "use strict";
  const DAY = 24 * 3600000, LOOK = 120000, AGAIN = 20000, KEPT_DAYS = 7, REPEAT = 60000, MOST = 20;
  const OPENS_BEFORE = 3600000, CLOSES_AFTER = 3 * 3600000;
  const SERIAL = /^K[0-9A-Z]{7}$/; // stationapp/cards/operations.py; a code that stands for a person is longer
  const { one, words, fill, clock, day, make, button, say, ask, settle } = DoorPage;
  const form = one("scan");
  let list = null, key = null, names = [], lost = false, ready = false, stopped = false, busy = false, looked = -LOOK;
  let turned = null; // what the server said when it turned this device away

  if (!window.isSecureContext || !window.indexedDB || !crypto.subtle || !crypto.randomUUID) {
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
    const trouble = scans.filter((scan) => scan.state !== "queued" && scan.said);
    one("trouble").hidden = !trouble.length;
    one("trouble-list").replaceChildren(...trouble.reverse().map((scan) => {
      const line = make("li", "");
      const what = [clock(scan.at), words[scan.kind], title(scan.event), fill(words[scan.state + "_because"], { said: scan.said })];
      line.append(make("b", what.slice(0, 2).join(" ")), make("span", " " + what.slice(2).filter(Boolean).join(" · ")));
      return line;
    }));
  }
  const title = (code) => list?.events.find((event) => event.code === code)?.title || "";
  const timed = (event) => clock(Date.parse(event.starts)) + " " + event.title; // two of one title are told apart
  function showList() {
    one("where").textContent = list ? list.site + " · " + list.name : "";
    one("no-list").hidden = Boolean(list || turned);
    one("no-events").hidden = !list || list.events.length > 0;
    form.hidden = !list;
    const events = list ? list.events : [];
    const chosen = one("event").value;
    one("event").replaceChildren(make("option", words.by_code, { value: "" }), ...events.map((event) =>
      make("option", timed(event), { value: event.code })));
    one("event").value = events.some((event) => event.code === chosen) ? chosen : "";
    one("event-field").hidden = events.length < 2;
    showDay();
  }
  // The clock may be wrong about the day: without network the list stays and says which day it is of.
  function showDay() {
    const other = Boolean(list) && list.day !== day(DoorClock.now());
    one("other-day").hidden = !other;
    if (other) one("other-day").textContent = fill(words.other_day, { day: list.day });
    one("names").hidden = other || !names.length;
  }

  // --- a scan ---
  const open = () => list.events.filter((event) =>
    Date.parse(event.starts) - OPENS_BEFORE <= DoorClock.now() && DoorClock.now() <= Date.parse(event.ends) + CLOSES_AFTER);
  async function seen(text) {
    const code = DoorSeal.scanned(text);
    if (!code || stopped) return;
    if (!one("ask").hidden) say(words.left_out, false); // the next scan came before an answer
    settle();
    if (SERIAL.test(code)) return say(words.serial, false);
    if (!list) return say(words.no_list, false);
    const row = await DoorSeal.find(list, code);
    const means = { sealed: await DoorSeal.seal(list.box, code) };
    if (row) return known(row, means);
    const events = list.events.filter((event) => !form.elements.event.value || event.code === form.elements.event.value);
    if (!events.length) return say(words.nothing_on, false);
    const kind = form.elements.act.value;
    ask(words.unknown, (events.length > 1 && open().length ? open().filter((event) => events.includes(event)) : events).map((event) =>
      [(kind === "in" ? words.walk_in : words[kind]) + " · " + timed(event), () => take(means, "", event, { kind, walk_in: kind === "in" })]));
  }
  async function known(row, means) {
    const kind = form.elements.act.value, chosen = list.events.find((event) => event.code === form.elements.event.value);
    const its = list.events.filter((event) => event.code in row.stands);
    const now = its.filter((event) => open().includes(event));
    const own = now.length ? now : its;
    const act = (event) => {
      const walk_in = kind === "in" && [undefined, "waiting"].includes(row.stands[event.code]);
      return [(walk_in ? words.walk_in : words[kind]) + " · " + timed(event), () => take(means, row, event, { kind, walk_in })];
    };
    const there = chosen && (its.includes(chosen) || (await DoorStore.of(row.id, chosen.code)).length);
    if (chosen && !there) {
      const facts = { name: row.name, its: own.map(timed).join("、"), title: timed(chosen) };
      return ask(fill(words.other_event, facts), [chosen, ...own].map(act));
    }
    const among = there ? [chosen] : own;
    if (among.length > 1) return ask(fill(words.which, { name: row.name }), among.map(act));
    if (kind === "in" && row.stands[among[0].code] === "waiting") return ask(fill(words.still_waiting, { name: row.name }), among.map(act));
    return take(means, row, among[0], { kind, walk_in: false });
  }
  async function take(means, row, event, { kind, walk_in = false, sure = false }) {
    const name = row ? row.name : words.nobody, who = row ? row.id : "";
    const before = who ? (await DoorStore.of(who, event.code)).pop() : null;
    const stamp = DoorClock.stamp();
    // A card held out twice. Later on it is sent again: what came of the first may have been taken back since.
    const stands = before && !before.said && before.kind === "in";
    if (kind === "in" && stands && Math.abs(stamp.at - before.at) < REPEAT) {
      return say(fill(words.already, { name, at: clock(before.at) }), true);
    }
    const undo = () => take(means, row, event, { kind: "undo", sure: true });
    if (kind === "undo" && before?.kind === "out" && !sure) return ask(fill(words.undo_both, { name }), [[words.both, undo]]);
    try {
      await DoorStore.append({ nonce: crypto.randomUUID(), event: event.code, kind, walk_in, who, ...stamp, ...means });
    } catch {
      return say(words.full, false);
    }
    if (kind === "undo") form.elements.act.value = "in"; // one at a time: the next person comes
    // No undoing of a sign-out: it would take the sign-in with it, and the last sign-out counts anyway.
    const more = kind === "in" ? { undo: () => take(means, row, event, { kind: "undo" }) } : {};
    say(fill(words["done_" + kind], { name, title: event.title, place: event.place }), true, more);
    contact();
  }

  // --- the names, where this device may search them ---
  function search() {
    const typed = DoorSeal.narrow(one("who").value).replace(/\s/g, "").toLowerCase();
    const fits = (row) => row.initials.toLowerCase().startsWith(typed) || row.name.startsWith(typed.toUpperCase()) ||
      (/^\d+$/.test(typed) && row.tail.includes(typed));
    const found = typed ? names.filter(fits) : [];
    const lines = found.slice(0, MOST).map((row) => {
      const line = make("li", "");
      const what = Object.keys(row.stands).map(title).filter(Boolean).join("、");
      const said = [row.name, row.tail && fill(words.tail, row), what].filter(Boolean).join(" · ");
      line.append(button(said, () => { one("who").value = ""; search(); known(row, { person: row.mark }); }, true));
      return line;
    });
    if (found.length > MOST) lines.push(make("li", fill(words.more, { n: found.length - MOST }), { className: "hint" }));
    if (typed && !found.length) lines.push(make("li", words.not_found, { className: "hint" }));
    one("found").replaceChildren(...lines);
  }
  // The key is this device's, as the box is: enrolled again, the browser has another.
  async function openNames() {
    const its = list?.names && key?.box === list.box;
    names = its ? await DoorSeal.unseal(key.own, list.names).catch(() => null) : [];
    if (!names) [names, key] = [[], null];
  }
  async function findNames() {
    await openNames();
    if (!list.names || key?.box === list.box) return;
    const { body } = await DoorLink.ask("/door/key");
    if (!body.key) return;
    key = { box: list.box, own: await DoorSeal.own(body.key) };
    await DoorStore.keep("key", key);
    await openNames();
  }

  // --- contact ---
  async function contact() {
    if (busy || stopped) return;
    busy = true;
    try {
      if (performance.now() - looked >= LOOK || DoorClock.doubtful()) await look();
      lost = false;
      if (!stopped && turned?.reason !== "not_enrolled") await deliver();
    } catch {
      lost = true;
    }
    busy = false;
    await show();
    if (!stopped && !lost && !turned && (await DoorStore.queued(1)).length) setTimeout(contact, 0); // came while the rest was sent
  }
  async function deliver() {
    const answer = await DoorLink.send();
    if (!answer) return turned?.wipe ? end(turned.said) : null;
    if (answer.body.reason && [401, 403].includes(answer.status)) return turnAway(answer.body);
    say(answer.body.said || words.not_taken, false);
    lost = true;
  }
  async function look() {
    const answer = await DoorLink.ask("/door/list?have=" + (list ? list.tag : ""));
    if (answer.body.reason && [401, 403].includes(answer.status)) return turnAway(answer.body);
    if (answer.status !== 200) throw new Error(answer.status);
    looked = performance.now();
    turned = null;
    DoorPage.stopping("");
    await DoorClock.learn(answer.body.now, answer.asked);
    await DoorStore.countFrom(answer.body.last);
    if (answer.body.rows) {
      list = answer.body;
      await DoorStore.keep("list", list);
    }
    showList();
    await findNames();
    showDay();
    DoorLink.keepShell().then(() => { ready = true; return show(); }).catch(() => {}); // no room is no reason to stop
  }
  // Nothing can be read here any more. Revoked: all goes at once. Past its dates: the rest as soon as the queue is
  // sent. Who bears no token keeps the queue, sealed as it is, until the device is enrolled again.
  async function turnAway(answer) {
    if (answer.reason === "revoked") return end(answer.said);
    turned = { ...answer, wipe: answer.wipe && answer.reason === "not_today" };
    looked = performance.now();
    [list, names, key] = [null, [], null];
    await DoorStore.forget("list", "key");
    stopCamera();
    showList();
    const waiting = await DoorStore.waiting();
    DoorPage.stopping(answer.said + (waiting && !turned.wipe ? fill(words.still_here, { n: waiting }) : ""));
  }
  async function end(said) {
    stopped = true;
    [list, names, key] = [null, [], null];
    stopCamera();
    const waiting = await DoorStore.waiting().catch(() => 0);
    await DoorStore.wipe();
    DoorPage.close(said + (waiting ? fill(words.gone, { n: waiting }) : ""));
  }
  function stopCamera() {
    codeCamera.stop();
    one("camera").hidden = false;
  }

  // --- begin ---
  const taken = (text) => seen(text).catch(() => { if (!stopped) say(list ? words.full : words.no_list, false); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = form.elements.code.value;
    form.elements.code.value = "";
    taken(typed);
  });
  document.addEventListener("seen", (event) => taken(event.detail));
  one("who").addEventListener("input", search);
  await DoorClock.begin();
  await DoorStore.clear(DoorClock.now() - KEPT_DAYS * DAY);
  [list, key] = [await DoorStore.kept("list"), await DoorStore.kept("key")];
  await openNames();
  showList();
  form.elements.code.focus(); // at once: whoever types into another field already is not interrupted
  await show();
  const noWorker = () => { one("no-worker").hidden = false; };
  if (navigator.serviceWorker && window.caches) navigator.serviceWorker.register("/door/worker.js", { scope: "/door" }).catch(noWorker);
  else noWorker();
  navigator.storage?.persist?.().catch(() => {});
  addEventListener("online", () => { looked = -LOOK; contact(); });
  addEventListener("offline", () => { lost = true; show(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) contact(); });
  setInterval(() => { if (!stopped) showDay(); contact(); }, AGAIN);
  await contact();
})();
