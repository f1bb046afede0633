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
    const answer = await post(`${document.body.dataset.root}/uploads`, body, shot);
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

function post(address, body, shot) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("x-flowkit-token", document.body.dataset.token);
    request.setRequestHeader("x-flowkit-me", document.body.dataset.me);
    request.responseType = "json";
    request.upload.onprogress = (event) => { if (event.lengthComputable) shot.told(`${Math.round((event.loaded / event.total) * 100)}%`); };
    request.onload = () => (request.status === 200 ? done(request.response) : failed(new Error(request.response?.problem || why(request.status))));
    request.onerror = () => failed(new Error(say("没有网络，照片还在手机里")));
    request.onabort = () => failed(new Error(""));
    shot.stop(() => request.abort());
    request.send(body);
  });
}

function why(status) {
  if (status === 403) return say("这个页面太旧了：请刷新以后再选");
  return status === 413 ? say("文件太大，发不出去") : say("没有发出去，请再试一次");
}

function figure(file) {
  const element = document.createElement("figure");
  element.className = "shot";
  element.dataset.sending = "";
  const pic = element.appendChild(Object.assign(document.createElement("div"), { className: "pic" }));
  if (file.type.startsWith("image/")) {
    // It is loaded anew when it is moved, so its address lasts as long as the page.
    pic.append(Object.assign(document.createElement("img"), { alt: file.name, src: URL.createObjectURL(file) }));
  } else pic.textContent = file.name;
  const caption = element.appendChild(Object.assign(document.createElement("figcaption"), { className: "cap" }));
  const words = caption.appendChild(Object.assign(document.createElement("span"), { role: "status", textContent: "0%" }));
  const button = (text, work) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet dense", textContent: text });
    made.addEventListener("click", work);
    caption.append(made);
    return made;
  };
  let abort = () => {};
  const calledOff = button(say("删除"), () => { element.remove(); abort(); });
  return {
    element,
    stop: (work) => { abort = work; },
    told: (text) => { words.textContent = text; },
    kept(answer, name, changed) {
      words.textContent = say("已送达");
      calledOff.remove();
      element.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${name}.kept`, value: `${answer.id}/${answer.name}/${answer.kind}` }));
      button(say("删除"), () => { element.remove(); changed(); });
      changed();
    },
    failed(text, again) {
      words.textContent = text;
      calledOff.remove();
      element.classList.add("bad");
      button(say("再试"), again);
      button(say("删除"), () => element.remove());
    },
  };
}
