// What the chart asks the server for; a failure says what failed, with the server's own words where it has some.
/** @import { Chart, Decision, Page, PatternAnswer } from "alphaplus/types" */


export const PAGE_BARS = 2000;
export const TAIL_BARS = 500;
const TIMEOUT_MS = 20_000;

/** A request that the server refused or never answered. `status` is 0 where there was no answer. */
export class Unanswered extends Error {
  /** @param {string} message @param {number} status @param {string} [id] */
  constructor(message, status, id = "") {
    super(message);
    this.status = status;
    this.id = id;
  }
}

/** Bars with everything drawn on them, the newest or those before a time.
 * @param {Page} page @param {{limit: number, before?: number}} options @returns {Promise<Chart>} */
export function loadChart(page, { limit, before }) {
  const query = `&limit=${limit}${before === undefined ? "" : `&before=${before}`}`;
  return get(page.chart_url + query);
}

/** Patterns of some kinds that became known on the newest bars, or on those before a time.
 * @param {Page} page @param {{limit: number, before?: number, kinds: string[]}} options @returns {Promise<PatternAnswer>} */
export function loadPatterns(page, { limit, before, kinds }) {
  const query = `&limit=${limit}${before === undefined ? "" : `&before=${before}`}&kinds=${kinds.join(",")}`;
  return get(page.patterns_url + query);
}

/** The decision as it was stored at a bar close, or null where none was. @param {Page} page @param {number} asOf
 * @returns {Promise<Decision | null>} */
export async function loadDecision(page, asOf) {
  try {
    return await get(`${page.decision_url}&as_of=${asOf}`);
  } catch (error) {
    if (error instanceof Unanswered && error.status === 404) return null;
    throw error;
  }
}

/** @param {string} url @returns {Promise<any>} */
async function get(url) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new Unanswered(late ? `the server did not answer within ${TIMEOUT_MS / 1000} s` : "the server cannot be reached", 0);
  }
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const words = problem.detail ?? problem.title ?? problem.message ?? response.statusText;
  throw new Unanswered(`${response.status}: ${words}`, response.status, problem.request_id ?? response.headers.get("x-request-id") ?? "");
}
