// Buttons that copy: a text from its field, or what its source looks like. The old way of copying on purpose: it works
// without https, and hands an article over as it is written (the newer one parses it here, where styles are refused).
(() => {
  "use strict";
  const say = (button, words) => { button.parentElement.querySelector("[role=status]").textContent = words; };

  function put(texts) {
    const give = (event) => {
      event.preventDefault();
      Object.entries(texts).forEach(([kind, text]) => event.clipboardData.setData(kind, text));
    };
    document.addEventListener("copy", give, { once: true });
    const done = document.execCommand("copy");
    document.removeEventListener("copy", give);
    return done;
  }
  function copying(attribute, texts) {
    document.querySelectorAll("[" + attribute + "]").forEach((button) => {
      const field = document.getElementById(button.getAttribute(attribute));
      button.hidden = false;
      button.addEventListener("click", () => {
        if (put(texts(field.value))) { say(button, button.dataset.done); return; }
        field.focus();
        field.select();
        say(button, button.dataset.byHand);
      });
    });
  }

  copying("data-copies", (words) => ({ "text/plain": words }));
  copying("data-copies-styled", (source) => ({ "text/html": source, "text/plain": source.replace(/<[^>]*>/g, "") }));
})();
