// The browser's half of stationapp/devices/sealing.py: a code opens its own row of the list and nothing else; what is
// queued is sealed to the server's key, and not even this page can read it again.
const DoorSeal = (() => {
  "use strict";
  const bytes = (text) => new TextEncoder().encode(text);
  const raw = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const text64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
  const NONCE = 12;

  // What a Chinese keyboard wrote full-width.
  const narrow = (typed) => typed.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  // As cards.rules.scanned reads it: an address of any host or the code alone, however it was typed.
  function scanned(typed) {
    const text = narrow(typed.slice(0, 300)).replaceAll("、", "/");
    const found = /\/(?:p|signups)\/+([0-9A-Za-z-]+)/.exec(text);
    return (found ? found[1] : text).slice(0, 64).toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
  }

  async function expand(secret, purpose, length) {
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytes(purpose) };
    return crypto.subtle.deriveBits(how, base, length * 8);
  }
  const gcm = (key, uses) => crypto.subtle.importKey("raw", key, "AES-GCM", false, uses);
  async function unseal(key, sealed) {
    const data = raw(sealed);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: data.slice(0, NONCE) }, key, data.slice(NONCE));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  // The row of a list that a code opens, or null.
  async function find(list, code) {
    const base = await crypto.subtle.importKey("raw", bytes(code), "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: raw(list.salt), iterations: list.rounds };
    const secret = await crypto.subtle.deriveBits(how, base, 256);
    const sealed = list.rows[text64(await expand(secret, "row", 16))];
    return sealed ? unseal(await gcm(await expand(secret, "key", 32), ["decrypt"]), sealed) : null;
  }

  // A text that only the server can read.
  async function seal(box, text) {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const theirs = await crypto.subtle.importKey("raw", raw(box), curve, false, []);
    const passing = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, passing.privateKey, 256);
    const key = await gcm(await expand(shared, "door scan", 32), ["encrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, bytes(text));
    const point = await crypto.subtle.exportKey("raw", passing.publicKey);
    return text64(new Uint8Array([...new Uint8Array(point), ...nonce, ...new Uint8Array(sealed)]));
  }

  // The key to the names, kept in a form that no script can read out again.
  const own = (key) => gcm(raw(key), ["decrypt"]);

  return { narrow, scanned, find, seal, own, unseal };
})();
