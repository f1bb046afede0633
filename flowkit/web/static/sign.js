// A signature that is drawn: it goes as a picture beside the typed name, or in its place.

export function sign(root) {
  for (const pad of root.querySelectorAll("[data-pad]")) {
    if (pad.dataset.ready) continue;
    pad.dataset.ready = "1";
    draw(pad, pad.parentElement.querySelector("input[type=file]"), pad.parentElement.querySelector("[data-clear]"));
  }
}

function draw(pad, file, clear) {
  const pen = pad.getContext("2d");
  let last = null, drawn = false;
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * (pad.width / box.width), (event.clientY - box.top) * (pad.height / box.height)];
  };
  const blank = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, pad.width, pad.height); file.value = ""; drawn = false; };
  blank();
  pen.lineCap = pen.lineJoin = "round";
  pad.addEventListener("pointerdown", (event) => { last = at(event); pad.setPointerCapture(event.pointerId); });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = at(event);
    pen.strokeStyle = "#15212a";
    pen.lineWidth = 3;
    pen.beginPath(); pen.moveTo(...last); pen.lineTo(...now); pen.stroke();
    last = now;
    drawn = true;
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => {
    last = null;
    if (!drawn) return; // A tap is no signature.
    const bytes = Uint8Array.from(atob(pad.toDataURL("image/png").split(",")[1]), (each) => each.charCodeAt(0));
    const held = new DataTransfer();
    held.items.add(new File([bytes], "signature.png", { type: "image/png" }));
    file.files = held.files;
    file.dispatchEvent(new Event("input", { bubbles: true }));
  });
  clear.addEventListener("click", blank);
}
