// A device that may not be used: what can be read here goes; a revoked one keeps nothing at all. One that only lost its
// token keeps what it still has to send, sealed as it is, until it is enrolled again.
(async () => {
  "use strict";
  const place = document.getElementById("still-here");
  if ("wipe" in place.dataset) return DoorStore.wipe();
  if (!window.indexedDB || !(await DoorStore.there())) return null;
  await DoorStore.forget("list", "key");
  const waiting = (await DoorStore.every()).filter((scan) => scan.state === "queued").length;
  place.textContent = place.dataset.said.replace("{n}", waiting);
  place.hidden = !waiting;
  return null;
})();
