// Keeps the overview fresh: asks for its fragment while the page is visible and not paused, and marks what changed.
// Without this script the page is the same, only still.
"use strict";

(() => {
  const SECONDS = 3;
  const state = document.getElementById("live-state");
  const button = document.getElementById("live-button");
  const news = document.getElementById("live-news");
  const live = document.getElementById("live");
  if (!live || !state || !button || !news) return;

  let paused = false;
  let counts = new Map();

  const say = (word, kind) => {
    if (state.textContent !== word) state.textContent = word;
    state.className = `live-state ${kind}`;
  };

  const readCounts = () =>
    new Map([...live.querySelectorAll("[data-count]")].map((one) => [one.id, one.dataset.count]));

  // Said aloud, unlike the figures, which would never be quiet.
  const tellAlerts = (before, after) => {
    const more = Number(after) - Number(before);
    if (more > 0) news.textContent = more === 1 ? "1 new alert" : `${more} new alerts`;
  };

  const tick = () => {
    if (!paused && !document.hidden) live.dispatchEvent(new CustomEvent("refresh"));
  };

  button.hidden = false;
  state.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Resume" : "Pause";
    say(paused ? "Paused" : "Live", paused ? "paused" : "");
    tick();
  });

  document.addEventListener("htmx:before:swap", () => {
    counts = readCounts();
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const [id, count] of readCounts()) {
      const place = document.getElementById(id);
      if (!counts.has(id) || counts.get(id) === count) continue;
      if (id === "count-alerts") tellAlerts(counts.get(id), count);
      place.classList.remove("changed");
      void place.offsetWidth; // restarts the animation
      place.classList.add("changed");
    }
    if (!paused) say("Live", "");
  });
  const lost = () => {
    if (!paused) say("Not answering, trying again", "lost");
  };
  document.addEventListener("htmx:error", lost);
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.raw.status === 401) window.location.reload();
    else lost();
  });
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, SECONDS * 1000);
})();
