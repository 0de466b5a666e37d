// The phone desk's keys. Everything works without them: forms in a row, each sent with Enter.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const walk = (list, event) => {
    const next = list[list.indexOf(document.activeElement) + step[event.key]];
    if (next) { event.preventDefault(); next.focus(); }
  };
  const typing = (part) => part.matches("input:not([type=checkbox]), select, textarea");

  // One press, one request; when no answer comes the form may be sent again, and its key makes that harmless.
  const sent = new Set();
  document.addEventListener("submit", (event) => {
    if (!("once" in event.target.dataset)) return;
    one("[data-offline]").hidden = navigator.onLine;
    if (!navigator.onLine) return event.preventDefault(); // what was typed stays where it is
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
    setTimeout(() => sent.clear(), 5000);
  });
  addEventListener("pageshow", () => sent.clear());

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    one("[data-escape]")?.click();
  });

  // Households found: the number, or the arrows and Enter.
  const found = all("[data-choices] a");
  // Who comes: numbers tick, arrows move, Enter goes on to the event. Wherever something is typed, numbers are text:
  // there Alt with the number ticks, and the arrow up leads from the top of the events back to the people.
  const people = all("[data-people] .choice input");
  const field = one("[data-events]");
  document.addEventListener("keydown", (event) => {
    const number = /^Digit([1-9])$/.exec(event.code)?.[1];
    if (event.altKey && !event.ctrlKey && !event.metaKey && people[number - 1]) {
      event.preventDefault(); // some browsers change tabs
      people[number - 1].click();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) return;
    const list = found.length ? found : people;
    if (/^[1-9]$/.test(event.key) && list[event.key - 1]) {
      event.preventDefault();
      list[event.key - 1].click();
      if (list === people) list[event.key - 1].focus();
    } else if (event.key in step && list.includes(event.target)) {
      walk(list, event);
    } else if (event.key === "Enter" && people.includes(event.target)) {
      event.preventDefault();
      if (!people.some((person) => person.checked)) event.target.click();
      field.focus();
    }
  });

  // The event: what is typed narrows the list, the first of it or the one the arrows lead to is meant.
  const rows = all("#events li");
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s/g, "");
  let on = null;
  const mark = (row) => {
    on?.classList.remove("on");
    on = row || null;
    on?.classList.add("on");
    on?.scrollIntoView({ block: "nearest" });
  };
  field?.addEventListener("input", () => {
    const text = plain(field.value), numbered = /^\d+$/.test(text) && rows[text - 1];
    for (const row of rows) row.hidden = !numbered && !plain(row.dataset.words).includes(text);
    mark(text && (numbered || rows.find((row) => !row.hidden)));
  });
  field?.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const seen = rows.filter((row) => !row.hidden);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (event.key === "ArrowUp" && seen.indexOf(on) < 1 && people.length) {
        return (people.find((person) => person.checked) || people[0]).focus();
      }
      mark(seen[Math.max(0, seen.indexOf(on) + step[event.key])] || on);
    } else if (event.key === "Enter" && on) {
      field.value = rows.indexOf(on) + 1;
    }
  });

  // How long the seats are still held.
  const left = one("[data-left]");
  if (left) {
    const until = performance.now() + left.dataset.left * 1000;
    const tell = () => {
      const seconds = Math.round((until - performance.now()) / 1000);
      left.textContent = seconds > 0
        ? `（${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}）` : left.dataset.over;
      if (seconds > 0) setTimeout(tell, 1000);
    };
    tell();
  }
})();
