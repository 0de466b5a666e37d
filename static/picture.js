// A picture is made small on the phone, where the network is slow, and kept as soon as it is chosen.
// Whatever cannot be done here is done by the server: the form works without any of this.
"use strict";
(() => {
  const field = document.getElementById("photo"), keep = document.getElementById("keep-photo");
  if (!field || !keep || !field.form.requestSubmit) return;
  const LONGEST = 1600;

  const small = async (file) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  };

  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (!file) return;
    keep.textContent = keep.dataset.waiting;
    try {
      const blob = await small(file);
      if (blob && blob.size < file.size) {
        const carrier = new DataTransfer();
        carrier.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
        field.files = carrier.files;
      }
    } catch { /* sent as it is; the server says what is wrong with it */ }
    field.form.requestSubmit(keep);
  });
})();
