// Buttons that copy: a text from its field, or what a source looks like. Without permission the text is selected instead.
(() => {
  "use strict";
  const say = (button, words) => { button.parentElement.querySelector("[role=status]").textContent = words; };

  document.querySelectorAll("[data-copies]").forEach((button) => {
    const field = document.getElementById(button.dataset.copies);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.focus();
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        say(button, button.dataset.done);
      } catch { // plain http, or an old browser
        say(button, document.execCommand("copy") ? button.dataset.done : button.dataset.byHand);
      }
    });
  });

  document.querySelectorAll("[data-copies-styled]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copiesStyled).value;
      try {
        await navigator.clipboard.write([new ClipboardItem({
          "text/html": new Blob([source], { type: "text/html" }),
          "text/plain": new Blob([source.replace(/<[^>]*>/g, "")], { type: "text/plain" }),
        })]);
        say(button, button.dataset.done);
      } catch {
        say(button, button.dataset.byHand);
      }
    });
  });
})();
