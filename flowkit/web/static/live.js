// What changes by itself: how long is left, and whether a board holds something new. Rows never move by themselves.
import { say } from "./words.js";

export function tick() {
  // The server's clock counts, and in a trial it is not that of this machine.
  const served = Number(document.body.dataset.now || Date.now());
  const opened = Date.now();
  const span = (minutes) => (minutes < 60 ? say("{n} 分", { n: Math.max(1, minutes) }) : `${say("{n} 小时", { n: Math.floor(minutes / 60) })} ${say("{n} 分", { n: minutes % 60 })}`);
  setInterval(() => {
    const now = served + Date.now() - opened;
    for (const due of document.querySelectorAll("time.due.warn, time.due.bad")) {
      const left = Math.floor((Date.parse(due.dateTime) - now) / 60000);
      due.textContent = left >= 0 ? say("剩 {span}", { span: span(left) }) : say("超时 {span}", { span: span(-left) });
      due.classList.toggle("bad", left < 0);
      due.classList.toggle("warn", left >= 0);
    }
  }, 30000);
}

export function live() {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  let before = null;
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.live, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const now = JSON.stringify(await answer.json());
      if (before !== null && now !== before) {
        const again = Object.assign(document.createElement("a"), { href: location.href, textContent: say("有更新，点这里刷新") });
        place.replaceChildren(again);
      } else before = now;
    } catch { /* no network just now */ }
  };
  look();
  setInterval(look, 15000);
}
