// What the page at the door says: results, newest first, and questions. Names stand here only while it is open.
const DoorPage = (() => {
  "use strict";
  const EAST = 8 * 3600000, RECENT = 5;
  const one = (id) => document.getElementById(id);
  const words = one("words").dataset;
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  const clock = (at) => new Date(at + EAST).toISOString().slice(11, 16);
  const day = (at) => new Date(at + EAST).toISOString().slice(0, 10);
  function make(tag, text, more = {}) {
    const part = document.createElement(tag);
    part.textContent = text;
    return Object.assign(part, more);
  }
  const button = (text, act, quiet) => make("button", text, { type: "button", className: quiet ? "quiet" : "", onclick: act });

  const recent = [];
  function say(text, good, more = {}) {
    recent.unshift({ text, good, at: DoorClock.now(), ...more });
    recent.length = Math.min(recent.length, RECENT);
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
    if (filming()) one("last").firstElementChild.scrollIntoView({ block: "nearest" }); // who types stays where they type
  }
  const filming = () => !one("seeing").hidden;
  function ask(text, choices) {
    one("ask-text").textContent = text;
    one("choices").replaceChildren(...choices.map(([what, act]) => button(what, () => { settle(); act(); })),
      button(words.leave, settle, true));
    one("ask").hidden = false;
    one("ask").scrollIntoView({ block: "nearest" });
  }
  function settle() {
    one("ask").hidden = true;
    one("code").focus();
  }
  // No longer a device: what it showed goes.
  function close(said) {
    recent.length = 0;
    stopping(said);
    one("working").remove();
  }
  function stopping(said) {
    one("stopping").textContent = said;
    one("stopping").hidden = !said;
  }

  return { one, words, fill, clock, day, make, button, say, ask, settle, stopping, close };
})();
