// The outdoor screen: turns the pages, takes away what is over and begins a new day by itself, looks every minute
// whether anything changed, and without a network keeps what it has and says how old that is. After a power cut
// without a network the service worker (screen-worker.js) brings back the copy kept here.
(() => {
  "use strict";
  const AT_ONCE = 3, TURN = 12000, LOOK = 60000, PATIENCE = 20000, MINUTE = 60000, EAST = 8 * 3600000;
  const here = location.pathname, name = "screen " + here;
  const all = (what, where) => [...(where || document).querySelectorAll(what)];
  const one = (what, where) => (where || document).querySelector(what);

  // The server's clock: small computers behind screens often have none that is right. `seen`: the last answer.
  const kept = recall();
  let shift = kept.shift || 0;
  const now = () => Date.now() + shift;
  const day = (at) => new Date(at + EAST).toISOString().slice(0, 10);
  let seen = kept.seen || now(), lost = false, tag = "", page = 0, shownDay = "";

  function recall() {
    try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; }
  }
  function remember() {
    try { localStorage.setItem(name, JSON.stringify({ seen, shift })); } catch { /* no room: nothing is lost now */ }
  }

  // --- the pages, as publicity/screen.py cuts them ---
  function sheets() {
    const today = day(now());
    const left = all("main li").filter((line) => Date.parse(line.dataset.until) > now());
    const begun = (line) => line.dataset.from <= today;
    const heading = (lines) => !left.some(begun) ? "none_today" : lines.every(begun) ? "today" : lines.some(begun) ? "both" : "coming";
    const made = [];
    for (let at = 0; at < left.length; at += AT_ONCE) {
      const lines = left.slice(at, at + AT_ONCE);
      made.push({ heading: heading(lines), lines });
    }
    return made.length ? made : [{ heading: "nothing", lines: [] }];
  }
  function show() {
    const made = sheets();
    page %= made.length;
    const { heading, lines } = made[page];
    const changed = all("main li").filter((line) => line.hidden === lines.includes(line));
    all("main li").forEach((line) => { line.hidden = !lines.includes(line); });
    all("[data-heading]").forEach((words) => { words.hidden = words.dataset.heading !== heading; });
    one("[data-with]").hidden = heading !== "nothing";
    one("#count").textContent = (page + 1) + " / " + made.length;
    shownDay = day(now());
    const tomorrow = day(now() + 24 * 60 * MINUTE);
    all("main li").forEach((line) => {
      const said = one("[data-plain]", line), from = line.dataset.from;
      said.className = from <= shownDay ? "today" : "";
      said.textContent = from <= shownDay ? said.dataset.today : from === tomorrow ? said.dataset.tomorrow : said.dataset.plain;
    });
    if (changed.length) move();
  }
  function move() {
    const list = one("main ol");
    list.classList.remove("turned");
    void list.offsetWidth;
    list.classList.add("turned");
  }
  function tick() {
    const local = new Date(now() + EAST);
    one("#clock").textContent = local.toISOString().slice(11, 16);
    one("#today").textContent = new Intl.DateTimeFormat("zh-CN", { timeZone: "UTC", month: "long", day: "numeric" }).format(local)
      + " " + new Intl.DateTimeFormat("zh-CN", { timeZone: "UTC", weekday: "long" }).format(local);
    if (day(now()) !== shownDay) show();
    if (lost) say();
  }

  // --- news ---
  async function look() {
    const patience = new AbortController();
    const over = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const asked = { cache: "no-store", signal: patience.signal, headers: tag ? { "If-None-Match": tag } : {} };
      const answer = await fetch(here, asked), came = Date.now();
      if (answer.status === 200) await take(answer, came);
      else if (answer.status === 304) heard(answer, came);
      else throw new Error(answer.status);
    } catch {
      lost = true;
    } finally {
      clearTimeout(over);
    }
    tick();
    say();
  }
  // At once, not after the copy is kept: that takes its time, and another look may have failed meanwhile.
  function heard(answer, came) {
    const date = Date.parse(answer.headers.get("Date"));
    if (date) shift = date - came;
    seen = came + shift;
    lost = false;
    remember();
  }
  async function take(answer, came) {
    const copy = answer.clone();
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!found.documentElement.classList.contains("screen")) throw new Error("not the screen"); // a portal in between
    heard(answer, came);
    await keep(copy, found);
    tag = answer.headers.get("ETag") || "";
    if (String(parts(found)) !== String(parts(document))) { location.reload(); return; }
    for (const part of ["h1", "main", "aside"]) one(part).replaceWith(document.importNode(one(part, found), true));
    show();
  }
  function parts(page) {
    return all("link[rel=stylesheet], link[rel=icon], script[src]", page).map((part) => part.getAttribute("href") || part.getAttribute("src"));
  }
  async function keep(copy, found) {
    if (!("caches" in window)) return; // plain http: the copy on the page is all there is
    try {
      const cache = await caches.open(name), wanted = parts(found);
      await cache.put(here, copy);
      for (const each of await cache.keys()) {
        const { pathname, search } = new URL(each.url);
        if (pathname !== here && !wanted.includes(pathname + search)) await cache.delete(each);
      }
      for (const each of wanted) if (!(await cache.match(each, { ignoreVary: true }))) await cache.add(each);
    } catch { /* no room for a copy is no reason to doubt the network */ }
  }
  function say() {
    const words = one("#age"), minutes = Math.max(0, Math.floor((now() - seen) / MINUTE));
    const [said, n] = minutes < 1 ? ["now", 0] : minutes < 60 ? ["minutes", minutes]
      : minutes < 48 * 60 ? ["hours", Math.floor(minutes / 60)] : ["days", Math.floor(minutes / 1440)];
    const text = lost ? words.dataset[said].replace("{n}", n) : "";
    if (words.textContent !== text) words.textContent = text;
  }

  show();
  tick();
  look();
  setInterval(tick, 1000);
  setInterval(() => { page += 1; show(); }, TURN);
  setInterval(look, LOOK);
  addEventListener("online", look);
  if (navigator.serviceWorker) navigator.serviceWorker.register(document.body.dataset.worker, { scope: here }).catch(() => {});
  if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
})();
