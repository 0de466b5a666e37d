// The camera page: what the camera sees is put into the form that typing uses, and sent.
(async () => {
  "use strict";
  const form = document.getElementById("scanning");
  if ("wait" in form.dataset) return; // a question stands on the page: nothing is scanned over it

  // The card that is still before the camera when the page comes back is not scanned again.
  const seenBefore = (text) => {
    const [last, at] = JSON.parse(sessionStorage.getItem("scanned") || "[null, 0]");
    sessionStorage.setItem("scanned", JSON.stringify([text, Date.now()]));
    return last === text && Date.now() - at < 4000;
  };

  const seen = (text) => {
    if (seenBefore(text)) return false;
    form.elements.code.value = text;
    form.requestSubmit();
    return true;
  };

  try {
    await codeCamera.watch(form.querySelector("video"), form.dataset.reader, seen);
    document.querySelector("#last .answer")?.scrollIntoView({ block: "nearest" }); // what came of the last scan
  } catch {
    document.getElementById("no-camera").hidden = false;
    form.elements.code.focus();
  }
})();
