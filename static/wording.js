// The preview of a text follows what is typed; the server says the same when asked without this script.
(() => {
  const area = document.getElementById("text");
  if (!area) return;
  const facts = JSON.parse(area.dataset.facts);
  const sign = area.dataset.sign ? `【${area.dataset.sign}】` : "";
  const reads = document.getElementById("reads");
  const length = document.getElementById("length");
  const parts = document.getElementById("parts");
  const place = /\{([^{}]*)\}/g;

  const filled = (text) =>
    text
      .replace(/〔([^〔〕]*)〕/g, (_, inner) => ([...inner.matchAll(place)].every((one) => facts[one[1]]) ? inner : ""))
      .replace(place, (_, name) => facts[name] ?? "");

  area.addEventListener("input", () => {
    const text = sign + filled(area.value.trim());
    reads.textContent = text;
    if (!length) return;
    length.textContent = [...text].length;
    parts.textContent = text.length <= 70 ? 1 : Math.ceil(text.length / 67);
  });
})();
