// A camera that reads codes, for the pages that have one: by the browser's own reader, else by the vendored one, which
// a device's shell keeps for when there is no network. `watch` calls `seen(text)` for each picture with a code in it,
// until that answers true; it throws where there is no camera. `stop` turns it off.
window.codeCamera = (() => {
  "use strict";
  const PAUSE = 150, WIDE = 640; // enough for a card held before it, and quick on old phones

  const own = async (video) => {
    const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
    if (!formats.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  };

  const vendored = async (video, source) => {
    await new Promise((done, failed) => document.head.append(
      Object.assign(document.createElement("script"), { src: source, onload: done, onerror: failed })));
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, WIDE / video.videoWidth);
      [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      return jsQR(picture.data, canvas.width, canvas.height)?.data;
    };
  };

  let on = null;
  const stop = () => {
    if (!on) return;
    on.srcObject.getTracks().forEach((track) => track.stop());
    on.srcObject = on = null;
    document.getElementById("seeing").hidden = true;
  };

  const watch = async (video, source, seen) => {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    on = video;
    document.getElementById("seeing").hidden = false;
    await video.play();
    const read = (await own(video)) || (await vendored(video, source));
    const look = async () => {
      if (!on) return;
      const text = video.videoWidth ? await read().catch(() => null) : null;
      if (!text || !seen(text)) setTimeout(look, PAUSE);
    };
    look();
  };
  return { watch, stop };
})();
