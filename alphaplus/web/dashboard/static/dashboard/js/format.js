// Numbers and times as a trader reads them: true minus, tabular digits, the time zone always named.

const MINUS = "\u2212";
const THIN = "\u202f"; // narrow no-break space
const ZONE_KEY = "alphaplus-zone";

/** A number with a fixed count of decimals, or a dash where there is none.
 * @param {number | null | undefined} value @param {number} [digits] @returns {string} */
export function number(value, digits = 2) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** A number that shows its sign. @param {number | null | undefined} value @param {number} [digits] @returns {string} */
export function signed(value, digits = 2) {
  const text = number(value, digits);
  return value !== null && value !== undefined && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A ratio as a percentage. @param {number | null | undefined} ratio @param {number} [digits] @returns {string} */
export function percent(ratio, digits = 0) {
  return ratio === null || ratio === undefined ? "–" : `${number(ratio * 100, digits)}${THIN}%`;
}

/** A change that already is in percent. @param {number | null | undefined} change @param {number} [digits]
 * @returns {string} */
export function change(change, digits = 2) {
  return change === null || change === undefined ? "–" : `${signed(change, digits)}${THIN}%`;
}

/** A volume, shortened. @param {number} value @returns {string} */
export function volume(value) {
  for (const [size, unit] of /** @type {[number, string][]} */ ([[1e9, "B"], [1e6, "M"], [1e3, "k"]])) {
    if (Math.abs(value) >= size) return number(value / size, 2) + unit;
  }
  return number(value, value < 10 ? 3 : 1);
}

/** The zone in which times are shown. @returns {"UTC" | "local"} */
export function zone() {
  try {
    return localStorage.getItem(ZONE_KEY) === "local" ? "local" : "UTC";
  } catch {
    return "UTC"; // storage may be forbidden
  }
}

/** Change between UTC and local time and tell the page. */
export function toggleZone() {
  try {
    localStorage.setItem(ZONE_KEY, zone() === "UTC" ? "local" : "UTC");
  } catch {
    return;
  }
  dispatchEvent(new Event("alphaplus:zone"));
}

/** The name of the zone at a moment, as UTC or UTC+02:00. @param {number} ms @returns {string} */
export function zoneName(ms) {
  if (zone() === "UTC") return "UTC";
  const minutes = -new Date(ms).getTimezoneOffset();
  const pad = (/** @type {number} */ part) => String(Math.trunc(part)).padStart(2, "0");
  return `UTC${minutes < 0 ? MINUS : "+"}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`;
}

/** A moment as 2026-11-20 07:35, in the chosen zone. @param {number} ms @returns {string} */
export function time(ms) {
  return iso(ms).slice(0, 16).replace("T", " ");
}

/** A moment with the name of its zone. @param {number} ms @returns {string} */
export function timeInZone(ms) {
  return `${time(ms)} ${zoneName(ms)}`;
}

/** A moment as an ISO text whose fields are those of the chosen zone. @param {number} ms @returns {string} */
export function iso(ms) {
  const shift = zone() === "UTC" ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - shift).toISOString();
}

/** A length of time in its largest unit. @param {number} ms @returns {string} */
export function duration(ms) {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 120) return `${Math.round(seconds)}${THIN}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}${THIN}min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}${THIN}h`;
  return `${Math.round(seconds / 86_400)}${THIN}d`;
}
