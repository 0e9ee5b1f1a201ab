// Keeps the overview fresh: asks for the page again and exchanges the cells that differ. Order and focus stay.
import { find, write } from "alphaplus/dom";
import { duration } from "alphaplus/format";
import { showTimes } from "alphaplus/shell";

const EVERY_MS = 5000;
const state = { at: performance.now(), failed: false };

/** Exchange what differs between two versions of one element, cell by cell. @param {Element} ours
 * @param {Element} theirs */
function patch(ours, theirs) {
  const focused = ours.contains(document.activeElement);
  if (!focused) {
    if (ours.innerHTML !== theirs.innerHTML) ours.replaceChildren(...theirs.childNodes);
    return;
  }
  const [mine, new_] = [ours.querySelectorAll("[data-cell]"), theirs.querySelectorAll("[data-cell]")];
  if (mine.length !== new_.length) return; // rows came or went: exchanged once the focus has left
  mine.forEach((cell, i) => {
    if (!cell.contains(document.activeElement) && cell.innerHTML !== new_[i].innerHTML) cell.replaceWith(new_[i]);
  });
}

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(EVERY_MS) });
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const ours of document.querySelectorAll("[data-fresh]")) {
      const theirs = page.querySelector(`[data-fresh="${ours.getAttribute("data-fresh")}"]`);
      if (theirs) patch(ours, theirs);
    }
    showTimes();
    state.at = performance.now();
    state.failed = false;
  } catch {
    state.failed = true; // said in the strip below; the last board stays
  }
}

function say() {
  const age = performance.now() - state.at;
  const strip = find("#freshness");
  strip.className = state.failed ? "down" : "";
  write(strip, state.failed ? `the server does not answer; board as of ${duration(age)} ago` : "board refreshed every 5 s");
}

setInterval(refresh, EVERY_MS);
setInterval(say, 1000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
say();
document.body.dataset.ready = "true";
