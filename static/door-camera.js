// The camera of a device at the door: what it reads is handed to door.js.
(() => {
  "use strict";
  const SAME = 4000;
  const form = document.getElementById("scan"), start = document.getElementById("camera");
  let last = "", at = 0;

  const seen = (text) => {
    // The card that is still before the camera is not scanned again.
    if (text !== last || performance.now() - at > SAME) document.dispatchEvent(new CustomEvent("seen", { detail: text }));
    [last, at] = [text, performance.now()];
  };

  start.addEventListener("click", async () => {
    start.hidden = true;
    try {
      await codeCamera.watch(form.querySelector("video"), form.dataset.reader, seen);
    } catch {
      [document.getElementById("no-camera").hidden, start.hidden] = [false, false];
    }
  });
})();
