// Opens the page of a device at the door when there is no network. It keeps nothing itself: door-link.js does. Where
// the server answers, its answer counts: a device that was revoked is told so. What the page's script asks for on its
// own goes past it.
"use strict";
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event, { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === "/door") event.respondWith(page(request));
  else if (pathname.startsWith("/static/")) event.respondWith(part(request));
});

async function page(request) {
  const kept = await caches.match("/door", { cacheName: "door", ignoreVary: true });
  if (!kept) return fetch(request);
  const late = new Promise((done) => setTimeout(done, PATIENCE, kept));
  const asked = fetch(request).then((found) => (found.status < 500 ? found : kept), () => kept);
  return Promise.race([asked, late]);
}

async function part(request) {
  return (await caches.match(request, { cacheName: "door", ignoreVary: true })) || fetch(request);
}
