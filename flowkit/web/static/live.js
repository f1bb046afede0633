// What changes by itself: how long is left, and whether a board holds something new. Rows never move by themselves.

export function tick() {
  const words = document.documentElement.lang.startsWith("zh") ? { left: "剩", over: "超时", minutes: "分", hours: "小时" } : { left: "", over: "late", minutes: "min", hours: "h" };
  // The server's clock counts, and in a trial it is not that of this machine.
  const served = Number(document.body.dataset.now || Date.now());
  const opened = Date.now();
  const span = (minutes) => (minutes < 60 ? `${Math.max(1, minutes)} ${words.minutes}` : `${Math.floor(minutes / 60)} ${words.hours} ${minutes % 60} ${words.minutes}`);
  setInterval(() => {
    const now = served + Date.now() - opened;
    for (const due of document.querySelectorAll("time.due.warn, time.due.bad")) {
      const left = Math.floor((Date.parse(due.dateTime) - now) / 60000);
      due.textContent = left >= 0 ? `${words.left} ${span(left)}`.trim() : `${words.over} ${span(-left)}`;
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
        const again = Object.assign(document.createElement("a"), { href: location.href, textContent: document.documentElement.lang.startsWith("zh") ? "有更新，点这里刷新" : "Updated: reload" });
        place.replaceChildren(again);
      } else before = now;
    } catch { /* no network just now */ }
  };
  look();
  setInterval(look, 15000);
}
