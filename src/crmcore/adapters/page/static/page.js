// Refreshes the numbers of a switch that is under way. Without it the page refreshes itself.
"use strict";
(() => {
  const state = document.getElementById("state");
  const live = document.getElementById("live");
  const gone = document.getElementById("gone");
  const told = document.getElementById("told");
  if (!live) return;

  const EVERY = 1000;
  // A screen reader is told less often than the numbers move.
  const TOLD_EVERY = 5000;
  let lastTold = Date.now();

  async function look() {
    try {
      const answer = await fetch(live.dataset.from, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) throw new Error("no answer");
      const now = await answer.json();
      gone.hidden = true;
      if (now.state !== state.dataset.state) {
        location.reload();
        return;
      }
      live.innerHTML = now.html;
      if (Date.now() - lastTold >= TOLD_EVERY) {
        lastTold = Date.now();
        told.textContent = now.told;
      }
    } catch {
      gone.hidden = false;
    }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
