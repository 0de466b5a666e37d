// Serves a screen its last good copy when the page is opened without a network. It keeps nothing itself: screen.js
// does, because it knows when an answer was good. What the script asks for on its own goes past it, so that the
// script sees for itself whether there is a network.
"use strict";
const PATIENCE = 8000;
const here = new URL(self.registration.scope).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.destination) event.respondWith(answer(request));
});

async function answer(request) {
  const page = request.mode === "navigate";
  const cache = await caches.open("screen " + here);
  const kept = await cache.match(page ? here : request, { ignoreVary: true });
  if (!page && kept) return kept; // its address holds its content's hash
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  const asked = fetch(request).then((found) => (found.ok ? found : kept), () => kept);
  return Promise.race([asked, late]);
}
