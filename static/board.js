// The plan board: an event is dragged to another day, or moved with Alt and the arrows. What is asked of the server is
// the form #move of the page; without this script each event has its link 移 to a page that does the same.
(() => {
  const form = document.getElementById("move");
  const board = document.getElementById("board");
  const said = document.getElementById("said");
  if (!form || !board) return;
  document.getElementById("keys").hidden = false;

  // Whoever just moved something goes on from there.
  const moved = document.querySelector(".undo");
  if (moved) board.querySelector(`a[href$="/events/${moved.dataset.event}"]`)?.focus();

  const cellOf = (part) => part.closest("td, .cell");
  const headOf = (cell) => cell.dataset.day ? cell : board.tHead.rows[0].cells[cell.cellIndex];
  const titleOf = (slot) => slot.firstElementChild.textContent.trim();
  const say = (text, slot, cell) =>
    (said.textContent = text.replace("{title}", titleOf(slot)).replace("{day}", cell ? headOf(cell).dataset.name : ""));

  // Whether a slot may be dropped there: in its own row, in another room of its site, at another hour.
  const fits = (from, to) => {
    const one = from.closest("tr"), other = to.closest("tr"), by = board.dataset.by;
    if (!by || one === other || by === "hour") return true;
    return by === "room" && !!one.dataset.site && one.dataset.site === other.dataset.site;
  };

  const send = (slot, from, to) => {
    const row = to.closest("tr"), fields = form.elements;
    fields.event.value = slot.firstElementChild.pathname.split("/").pop();
    fields.day.value = headOf(to).dataset.day;
    if (row !== from.closest("tr")) {
      if (board.dataset.by === "room") fields.room.value = row.dataset.key;
      if (board.dataset.by === "hour")
        fields.time.value = row.dataset.key.padStart(2, "0") + titleOf(slot).slice(2, 5);
    }
    form.submit();
  };

  // --- the mouse
  let dragged = null;
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li[draggable]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", titleOf(dragged));
  });
  board.addEventListener("dragover", (event) => {
    const cell = cellOf(event.target);
    if (dragged && cell && fits(cellOf(dragged), cell)) event.preventDefault();
  });
  board.addEventListener("dragenter", (event) => {
    const cell = cellOf(event.target);
    for (const one of board.querySelectorAll(".over")) one.classList.remove("over");
    if (dragged && cell && fits(cellOf(dragged), cell)) cell.classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const cell = cellOf(event.target);
    if (!dragged || !cell) return;
    event.preventDefault();
    if (cell !== cellOf(dragged)) send(dragged, cellOf(dragged), cell);
  });
  board.addEventListener("dragend", () => {
    for (const one of board.querySelectorAll(".over")) one.classList.remove("over");
    dragged = null;
  });

  // --- the keyboard
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let pending = null; // {slot, from, next}: where it stood

  const days = (cell) =>
    cell.dataset.day ? [...board.querySelectorAll("[data-day]")] : [...cell.parentElement.cells].slice(1);

  const put = (slot, cell, before) => {
    let list = cell.querySelector("ul");
    if (!list) list = cell.appendChild(document.createElement("ul"));
    list.insertBefore(slot, before || null);
    slot.firstElementChild.focus();
    slot.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const giveUp = () => {
    const { slot, from, next } = pending;
    pending = null;
    slot.classList.remove("pending");
    put(slot, from, next);
    say(form.dataset.kept, slot);
  };

  board.addEventListener("keydown", (event) => {
    const slot = event.target.closest("li[draggable]");
    if (!slot || event.target !== slot.firstElementChild) return;
    if (event.altKey && event.key in steps) {
      event.preventDefault();
      if (pending && pending.slot !== slot) giveUp();
      const every = days(cellOf(slot));
      const target = every[every.indexOf(cellOf(slot)) + steps[event.key]];
      if (!target) return say(form.dataset.edge, slot);
      pending ||= { slot, from: cellOf(slot), next: slot.nextElementSibling };
      slot.classList.add("pending");
      put(slot, target);
      say(form.dataset.pending, slot, target);
    } else if (pending && event.key === "Enter") {
      event.preventDefault();
      if (cellOf(slot) === pending.from) giveUp();
      else send(slot, pending.from, cellOf(slot));
    } else if (pending && event.key === "Escape") {
      event.preventDefault();
      giveUp();
    }
  });
})();
