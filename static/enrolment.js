// Before a browser is made a device: whether it can work on without network at all.
if (!navigator.serviceWorker || !window.indexedDB) document.getElementById("no-outage").hidden = false;
