// The camera page: what the camera sees is put into the form that typing uses, and sent.
// A browser's own reader where there is one, else the vendored one.
(async () => {
  "use strict";
  const form = document.getElementById("scanning");
  if ("wait" in form.dataset) return; // a question stands on the page: nothing is scanned over it
  const video = form.querySelector("video");
  const missing = () => { document.getElementById("no-camera").hidden = false; form.elements.code.focus(); };

  const own = async () => {
    if (!("BarcodeDetector" in window)) return null;
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (!formats.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  };

  const vendored = async () => {
    await new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = form.dataset.reader;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, 640 / video.videoWidth); // enough for a card held before it, and quick on old phones
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      return jsQR(picture.data, canvas.width, canvas.height)?.data;
    };
  };

  // The card that is still before the camera when the page comes back is not scanned again.
  const seenBefore = (text) => {
    const [last, at] = JSON.parse(sessionStorage.getItem("scanned") || "[null, 0]");
    sessionStorage.setItem("scanned", JSON.stringify([text, Date.now()]));
    return last === text && Date.now() - at < 4000;
  };

  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    document.getElementById("seeing").hidden = false;
    await video.play();
    const read = (await own()) || (await vendored());
    const look = async () => {
      const text = video.videoWidth ? await read().catch(() => null) : null;
      if (text && !seenBefore(text)) {
        form.elements.code.value = text;
        return form.requestSubmit();
      }
      setTimeout(look, 150);
    };
    look();
  } catch {
    missing();
  }
})();
