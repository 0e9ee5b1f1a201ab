// The decision panel: side, probability, confidence, levels, every voter of both panels, and what moved the model.
import { find, make } from "alphaplus/dom";
import { number, percent, signed, timeInZone } from "alphaplus/format";
/** @import { Decision, PanelResult, Vote } from "alphaplus/types" */


const SIDES = /** @type {Record<string, [string, string]>} */ ({
  long: ["▲ LONG", "up"],
  short: ["▼ SHORT", "down"],
  hold: ["■ HOLD", "muted"],
});
const PANELS = /** @type {Record<string, string>} */ ({ ml: "ML panel", rules: "Rules panel" });
const TOP = 6;
const LEAST_VOTE = 0.1; // bars are drawn against the largest vote, but none this weak fills its bar

/** Show a decision, or why there is none.
 * @param {Decision | null} decision @param {object} options
 * @param {number} options.precision Decimals of a price.
 * @param {"now" | "past"} options.when "past" names it as what was stored then.
 * @param {number | null} options.asOf The bar close that is asked about.
 * @param {string} options.modelUrl Address of a model page, ending in 0 where the number goes.
 * @param {string} [options.missing] What to say where there is none. */
export function showDecision(decision, { precision, when, asOf, modelUrl, missing }) {
  const panel = find("#decision");
  panel.dataset.when = when;
  panel.dataset.asOf = String(decision?.as_of ?? asOf ?? "");
  const stored = when === "past";
  const [word, tone] = SIDES[decision?.side ?? ""] ?? ["none", "muted"];
  panel.replaceChildren(
    make("h2", {}, [stored ? "Decision as stored then" : "Latest decision", make("span", { class: `badge ${tone}` }, word)]),
    make("p", { class: "when" }, whenText(decision, stored, asOf)),
    ...(decision ? figures(decision, precision) : [make("p", { class: "muted" }, missing ?? "No decision is stored for this bar.")]),
  );
  const panels = decision?.panels ?? [];
  const votes = panels.flatMap((result) => result.votes).map((vote) => Math.abs(2 * (vote.probability ?? 0.5) - 1));
  const scale = Math.max(LEAST_VOTE, ...votes);
  find("#votes").replaceChildren(...panels.map((result) => panelVotes(result, { modelUrl, scale })));
  showContributions(decision);
}

/** @param {Decision | null} decision @param {boolean} stored @param {number | null} asOf */
function whenText(decision, stored, asOf) {
  const time = decision?.as_of ?? asOf;
  if (time === null || time === undefined) return "";
  const origin = decision?.origin ? ` · ${decision.origin}` : "";
  return `${stored ? "bar closed" : "at the close of"} ${timeInZone(time)}${origin}`;
}

/** @param {Decision} decision @param {number} precision @returns {Node[]} */
function figures(decision, precision) {
  const { entry, stop, target } = decision;
  const reward = entry !== null && stop !== null && target !== null && entry !== stop;
  const level = (/** @type {string} */ name, /** @type {string | null} */ value, /** @type {string} */ tone) =>
    value === null ? null : make("span", { class: tone }, [`${name} `, make("b", {}, value)]);
  const price = (/** @type {number | null} */ value) => (value === null ? null : number(value, precision));
  return [
    make("dl", { class: "pair" }, [
      make("div", { title: "Calibrated probability that the price rises over the horizon" }, [
        make("dt", {}, "P(up)"),
        make("dd", {}, decision.probability === null ? "–" : number(decision.probability, 3)),
      ]),
      make("div", { title: "Rank of this decisiveness among the model's own out-of-sample ones; not a probability" }, [
        make("dt", {}, "confidence"),
        make("dd", {}, percent(decision.confidence)),
      ]),
    ]),
    make("p", { class: "levels" }, [
      level("entry", price(entry), ""),
      level("stop", price(stop), "down"),
      level("target", price(target), "up"),
      level("R:R", reward ? number(Math.abs((Number(target) - Number(entry)) / (Number(entry) - Number(stop))), 1) : null, ""),
    ]),
    make("p", { class: "reason" }, reading(decision) || "no reason was recorded"),
    ...(decision.expires_at === null ? [] : [make("p", { class: "muted" }, `valid until ${timeInZone(decision.expires_at)}`)]),
  ];
}

/** The reason as a sentence about the decision: where a side was taken it says why one panel does not count, so that
 * the other one decides alone. `reading` in templatetags/figures.py is the server's half.
 * @param {Decision} decision */
function reading({ side, reason, panels }) {
  if (!reason || side === "hold") return reason;
  const rules = panels.some((result) => result.panel === "rules" && result.probability !== null);
  return `${rules ? "rules decide" : "ml decides"}: ${reason}`;
}

/** @param {PanelResult} result @param {{modelUrl: string, scale: number}} options */
function panelVotes(result, options) {
  const present = result.votes.filter((vote) => vote.probability !== null).length;
  const verdict = result.probability === null ? "abstains" : `P(up) ${number(result.probability, 3)}`;
  return make("section", { "data-panel": result.panel }, [
    make("h3", {}, [
      PANELS[result.panel] ?? result.panel,
      make("small", {}, `${verdict} · confidence ${percent(result.confidence)} · ${present} of ${result.votes.length} vote`),
    ]),
    result.reason ? make("p", { class: "reason" }, result.reason) : null,
    make("ul", { class: "bars" }, result.votes.map((vote) => voteRow(vote, options))),
  ]);
}

/** One voter: its pull on the panel, weight times vote, or the reason why it is absent.
 * @param {Vote} vote @param {{modelUrl: string, scale: number}} options `scale` is the vote that fills a bar. */
function voteRow(vote, { modelUrl, scale }) {
  const name = vote.voter.replaceAll("_", " ");
  if (vote.probability === null) {
    return make("li", { class: "absent" }, [
      make("span", {}, name),
      make("span", { class: "why" }, vote.reason || "absent, no reason given"),
      make("span", { class: "figure" }, "off"),
    ]);
  }
  const pull = vote.weight * (2 * vote.probability - 1);
  const label = vote.version
    ? make("a", { href: modelUrl.replace(/0$/, String(vote.version)), title: `model version ${vote.version}` }, name)
    : name;
  const title = `weight ${number(vote.weight, 2)} × vote ${signed(2 * vote.probability - 1, 3)}; ${vote.reason}`;
  return make("li", { title }, [
    make("span", {}, [label]),
    bar((2 * vote.probability - 1) / scale),
    make("span", { class: "figure" }, signed(pull, 3)),
  ]);
}

/** @param {Decision | null} decision */
function showContributions(decision) {
  const card = find("#contributions");
  const largest = [...(decision?.contributions ?? [])]
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, TOP);
  card.hidden = largest.length === 0;
  const scale = Math.abs(largest[0]?.contribution ?? 1) || 1;
  find("#why").replaceChildren(
    ...largest.map((part) =>
      make("li", { title: `${part.column} = ${number(part.value, 4)}` }, [
        make("span", {}, part.column),
        bar(part.contribution / scale),
        make("span", { class: "figure" }, signed(part.contribution, 3)),
      ]),
    ),
  );
}

/** A bar that grows from the middle, to the right for up. @param {number} share In [-1, 1]. */
function bar(share) {
  const fill = make("i", { class: share >= 0 ? "up" : "down" });
  fill.style.width = `${Math.min(50, Math.max(Math.abs(share) * 50, share === 0 ? 0 : 1))}%`;
  return make("span", { class: "bar", "aria-hidden": "true" }, [fill]);
}
