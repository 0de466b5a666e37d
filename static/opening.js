// Counts down to the opening of a sign-up by the server's clock, however the phone's own is set, and asks for the page
// again when it is over. Without scripts the page says when to come back.
(() => {
  "use strict";
  const line = document.querySelector("[data-opens]");
  if (!line) return;
  const opens = Number(line.dataset.opens);
  // The answer was made before it arrived: it is never asked for too early.
  const ahead = Number(line.dataset.now) - Date.now();
  const parts = (left) => ({
    d: Math.floor(left / 86400), h: Math.floor(left / 3600) % 24, m: Math.floor(left / 60) % 60, s: left % 60,
  });

  function open() {
    // A form that came back keeps what was filled in.
    if (document.querySelector("#come form")) { line.textContent = line.dataset.ready; line.hidden = false; return; }
    location.reload();
  }
  function tick() {
    const left = opens - (Date.now() + ahead);
    if (left <= 0) { open(); return; }
    const whole = Math.ceil(left / 1000);
    const words = whole >= 86400 ? line.dataset.days : whole >= 3600 ? line.dataset.hours : line.dataset.minutes;
    const now = parts(whole);
    line.textContent = words.replace(/\{(\w)\}/g, (_all, name) => now[name]);
    line.hidden = false;
    setTimeout(tick, left % 1000 || 1000);
  }
  // A page taken out of the phone's memory may be hours old.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  tick();
})();
