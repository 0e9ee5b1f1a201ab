// What every page has: navigation by keys, theme and zone switches, the key sheet and the clock.
import { find, write } from "alphaplus/dom";
import { iso, time, toggleZone, zoneName } from "alphaplus/format";

/** @type {Map<string, string>} */
const places = new Map();
for (const link of document.querySelectorAll(".rail a[data-key]")) {
  if (link instanceof HTMLAnchorElement) places.set(link.dataset.key ?? "", link.href);
}

const sheet = /** @type {HTMLDialogElement} */ (find("#keys"));
let leading = false; // after "g", the next key names a place

/** Whether a key press belongs to a field or to the browser. @param {KeyboardEvent} event @returns {boolean} */
export function isTaken(event) {
  const target = event.target;
  const writing = target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");
  return writing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
}

addEventListener("keydown", (event) => {
  if (isTaken(event) || sheet.open) return;
  if (leading) {
    leading = false;
    const place = places.get(event.key);
    if (place) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(place);
    }
    return;
  }
  if (event.key === "g") {
    leading = true;
    setTimeout(() => (leading = false), 1500);
    event.stopImmediatePropagation();
  } else if (event.key === "?") sheet.showModal();
  else if (event.key === "z") toggleZone();
});

find("#show-keys").addEventListener("click", () => sheet.showModal());
find("#close-keys").addEventListener("click", () => sheet.close());
find("#toggle-theme").addEventListener("click", () => dispatchEvent(new Event("alphaplus:toggle-theme")));
find("#toggle-zone").addEventListener("click", toggleZone);

/** Show every server-written time in the chosen zone. */
export function showTimes() {
  for (const element of document.querySelectorAll("time[data-ms]")) {
    if (!(element instanceof HTMLElement)) continue;
    const ms = Number(element.dataset.ms);
    const text = element.dataset.format === "date" ? iso(ms).slice(0, 10) : time(ms);
    write(element, element.dataset.zone === "no" ? text : `${text} ${zoneName(ms)}`);
  }
  for (const element of document.querySelectorAll("[data-zone-name]")) {
    if (element instanceof HTMLElement) write(element, zoneName(Date.now()));
  }
}
addEventListener("alphaplus:zone", showTimes);
showTimes();

const clock = find("#clock");
const tick = () => write(clock, `${iso(Date.now()).slice(11, 19)} ${zoneName(Date.now())}`);
setInterval(tick, 1000);
addEventListener("alphaplus:zone", tick);
tick();
