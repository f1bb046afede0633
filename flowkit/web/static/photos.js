// Pictures: made smaller on the phone before they travel, sent at once, shown as what they are.
import { say } from "./words.js";

const LARGEST = 1920;

export function photos(root) {
  for (const input of root.querySelectorAll("input[data-media]")) {
    if (input.dataset.ready) continue;
    input.dataset.ready = "1";
    input.classList.add("vh");
    input.addEventListener("change", () => take(input));
  }
}

async function take(input) {
  const shots = input.closest(".field").querySelector("[data-shots]");
  const files = [...input.files];
  input.value = "";
  const taken = files.map((file) => [file, figure(file)]);
  shots.append(...taken.map(([, shot]) => shot.element));
  for (const [file, shot] of taken) if (shot.element.isConnected) await send(input, shots, file, shot);
}

async function send(input, shots, file, shot) {
  try {
    const body = new FormData();
    body.append("file", await smaller(file), file.name);
    const answer = await post(`${document.body.dataset.root}/uploads`, body, (share) => shot.told(`${share}%`));
    shot.kept(answer, input.name, () => input.dispatchEvent(new Event("change", { bubbles: true })));
  } catch (problem) {
    shot.failed(problem.message, () => {
      const next = figure(file);
      shot.element.replaceWith(next.element);
      send(input, shots, file, next);
    });
  }
  delete shot.element.dataset.sending;
  shots.dispatchEvent(new Event("settled", { bubbles: true }));
}

// A phone's photo has 4 to 12 MB; what is needed of it has a tenth.
async function smaller(file) {
  if (!file.type.startsWith("image/") || file.size < 400e3) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob((blob) => done(blob && blob.size < file.size ? blob : file), "image/jpeg", 0.82));
  } catch { return file; }
}

function post(address, body, tell) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("x-flowkit-token", document.body.dataset.token);
    request.responseType = "json";
    request.upload.onprogress = (event) => { if (event.lengthComputable) tell(Math.round((event.loaded / event.total) * 100)); };
    request.onload = () => (request.status === 200 ? done(request.response) : failed(new Error(request.response?.problem || say("没有发出去，请再试一次"))));
    request.onerror = () => failed(new Error(say("没有网络，照片还在手机里")));
    request.send(body);
  });
}

function figure(file) {
  const element = document.createElement("figure");
  element.className = "shot";
  element.dataset.sending = "";
  const pic = element.appendChild(Object.assign(document.createElement("div"), { className: "pic" }));
  if (file.type.startsWith("image/")) {
    const image = pic.appendChild(Object.assign(document.createElement("img"), { alt: file.name, src: URL.createObjectURL(file) }));
    image.onload = () => URL.revokeObjectURL(image.src);
  } else pic.textContent = file.name;
  const caption = element.appendChild(Object.assign(document.createElement("figcaption"), { className: "cap" }));
  const words = caption.appendChild(Object.assign(document.createElement("span"), { role: "status", textContent: "0%" }));
  const button = (text, work) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet dense", textContent: text });
    made.addEventListener("click", work);
    caption.append(made);
    return made;
  };
  return {
    element,
    told: (text) => { words.textContent = text; },
    kept(answer, name, changed) {
      words.textContent = say("已送达");
      element.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${name}.kept`, value: `${answer.id}/${answer.name}/${answer.kind}` }));
      button(say("删除"), () => { element.remove(); changed(); });
      changed();
    },
    failed(text, again) {
      words.textContent = text;
      element.classList.add("bad");
      button(say("再试"), again);
      button(say("删除"), () => element.remove());
    },
  };
}
