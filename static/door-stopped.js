// A device that may not be used: what can be read here goes; a revoked one keeps nothing at all. One that only lost its
// token keeps what it still has to send, sealed as it is, until it is enrolled again.
(async () => {
  "use strict";
  const place = document.getElementById("still-here");
  const ended = "wipe" in place.dataset, there = window.indexedDB && (await DoorStore.there().catch(() => true));
  const waiting = there ? await DoorStore.waiting().catch(() => 0) : 0; // what cannot be read is wiped all the same
  if (ended) await DoorStore.wipe();
  else if (there) await DoorStore.forget("list", "key");
  place.textContent = place.dataset.said.replace("{n}", waiting);
  place.hidden = !waiting;
})();
