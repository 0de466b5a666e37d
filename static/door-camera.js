// The camera of a device at the door: what it reads is handed to door.js. A browser's own reader where there is one,
// else the vendored one, which the shell keeps for when there is no network.
(() => {
  "use strict";
  const PAUSE = 150, SAME = 4000;
  const form = document.getElementById("scan"), video = form.querySelector("video"), start = document.getElementById("camera");
  let last = "", at = 0;

  const own = async () => {
    const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
    if (!formats.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  };
  const vendored = async () => {
    await new Promise((done, failed) => document.head.append(
      Object.assign(document.createElement("script"), { src: form.dataset.reader, onload: done, onerror: failed })));
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, 640 / video.videoWidth);
      [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      return jsQR(picture.data, canvas.width, canvas.height)?.data;
    };
  };

  start.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      [document.getElementById("seeing").hidden, start.hidden] = [false, true];
      await video.play();
      const read = (await own()) || (await vendored());
      const look = async () => {
        const text = video.videoWidth ? await read().catch(() => null) : null;
        // The card that is still before the camera is not scanned again.
        if (text && (text !== last || performance.now() - at > SAME)) {
          document.dispatchEvent(new CustomEvent("seen", { detail: text }));
        }
        if (text) [last, at] = [text, performance.now()];
        setTimeout(look, PAUSE);
      };
      look();
    } catch {
      document.getElementById("no-camera").hidden = false;
    }
  });
})();
