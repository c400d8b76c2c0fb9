// Refreshes the numbers of a switch that is under way, and loads a page again whose state is another one by now.
// Without it the page refreshes itself.
"use strict";
(() => {
  const state = document.getElementById("state");
  const live = document.getElementById("live");
  const gone = document.getElementById("gone");
  const told = document.getElementById("told");

  // A page that failed asks less often: it is loaded again with each answer.
  const EVERY = state.dataset.state === "failed" ? 3000 : 1000;
  // A server that has ended may leave a request open for ever; one that takes this long is as good as gone.
  const LONGEST = 10000;
  // A screen reader is told less often than the numbers move.
  const TOLD_EVERY = 5000;
  let lastTold = Date.now();

  function lose(isLost) {
    if (gone) gone.hidden = !isLost;
  }

  async function look() {
    try {
      const signal = AbortSignal.timeout(LONGEST);
      const answer = await fetch(state.dataset.from, { cache: "no-store", credentials: "same-origin", signal });
      if (answer.status >= 500) throw new Error("no answer");
      // Somebody who is not let in any more is told so by the page itself, and so is who has lost the right.
      const now = answer.ok ? await answer.json() : {};
      if (now.state !== state.dataset.state || "html" in now !== Boolean(live)) {
        location.reload();
        return;
      }
      lose(false);
      if (live) live.innerHTML = now.html;
      if (live && Date.now() - lastTold >= TOLD_EVERY) {
        lastTold = Date.now();
        told.textContent = now.told;
      }
    } catch {
      lose(true);
    }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
