// What changes by itself: how long is left, and whether a board holds something new. Rows never move by themselves.
import { say } from "./words.js";

// As exact as helps: the same as the server says.
export function span(minutes) {
  const hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  const inMinutes = (n) => say("{n} 分", { n }), inHours = (n) => say("{n} 小时", { n });
  if (hours < 1) return inMinutes(Math.max(1, minutes));
  if (days < 1) return inHours(hours) + (minutes % 60 ? ` ${inMinutes(minutes % 60)}` : "");
  return say("{n} 天", { n: days }) + (hours % 24 && days < 3 ? ` ${inHours(hours % 24)}` : "");
}

export function tick() {
  // The server's clock counts, and in a trial it is not that of this machine.
  const served = Number(document.body.dataset.now || Date.now());
  const opened = Date.now();
  setInterval(() => {
    const now = served + Date.now() - opened;
    for (const due of document.querySelectorAll("time.due.warn, time.due.bad")) {
      const left = Date.parse(due.dateTime) - now;
      const whole = span(Math.floor(Math.abs(left) / 60000));
      due.textContent = left > 0 ? say("剩 {span}", { span: whole }) : say("超时 {span}", { span: whole });
      due.classList.toggle("bad", left <= 0);
      due.classList.toggle("warn", left > 0);
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
