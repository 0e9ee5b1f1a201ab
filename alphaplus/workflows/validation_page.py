"""The validation report as one HTML page that needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from alphaplus.core.moments import day, minute
from alphaplus.core.page import NONE, figures, number, page, percent, scrolled, signed, table
from alphaplus.datasets.regimes import ALL
from alphaplus.workflows.score_tables import score_tables
from alphaplus.workflows.split_words import folds_called, folds_told
from alphaplus.workflows.validation_charts import distribution_svg, folds_svg, gain_svg, reliability_svg, share_svg

MOST_COLUMNS = 20  # of the importance table; the JSON form has all
KINDS = ("gain", "permutation", "shap")
STYLE = """
.line{fill:none;stroke:var(--up);stroke-width:2}.held{stroke:var(--muted);stroke-width:1.2;stroke-dasharray:5 4}
.zero{stroke:var(--muted);stroke-width:1}.untouched{fill:var(--muted);fill-opacity:.13}
.dot{fill:var(--up)}.error{stroke:var(--up);stroke-width:1.2;stroke-opacity:.6}.bar{fill:var(--muted);fill-opacity:.55}.gain{fill:var(--up)}.loss{fill:var(--down)}
.share{width:90px;height:6px;display:inline-block;vertical-align:middle}
.scroll{max-height:none}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}.pair section{min-width:0}
.notes{margin:10px 0;padding:0;list-style:none}.notes li{border-radius:8px;padding:6px 12px;margin:0 0 6px}
.notes .warn{background:var(--warn);color:var(--warn-text);font-weight:600}
.notes .info{background:var(--panel);border:1px solid var(--line);color:var(--muted)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:0;font-size:13px}
.facts dt{color:var(--muted)}.facts dd{margin:0;overflow-wrap:anywhere}
td.why{text-align:left;white-space:normal;min-width:220px}.right{font-weight:650}
details summary{cursor:pointer;color:var(--muted)}
@media (max-width:760px){.pair{grid-template-columns:1fr;gap:0}}
@media (max-width:600px){svg.half text{font-size:13px}.facts{grid-template-columns:1fr}.facts dd{margin-bottom:5px}
.share{display:none}}
"""


def render(content: Mapping[str, Any]) -> str:
    """The page as text, from the report's plain values."""
    model, data = content["model"], content["data"]
    spec = model["spec"]
    title = escape(f"Validation of {model['label']}")
    label = spec["label"]
    said = (
        f"{escape(', '.join(spec['symbols']))} {spec['timeframe']} · {escape(label['name'].replace('_', ' '))} over "
        f"{label['horizon']} {'bar' if label['horizon'] == 1 else 'bars'}"
        f"{'' if spec['regime'] == ALL else ' · regime ' + escape(spec['regime'])} · {escape(spec['family'])} · "
        f"{day(data['first'])} to {day(data['last'])} UTC · {model['stage']}"
    )
    body = "".join(
        [
            f"<h1>{title}</h1><p>{said}</p>",
            _notes(content["notes"]),
            _key_figures(content),
            _gain(content),
            _folds(content),
            f'<div class="pair">{_reliability(content)}{_distribution(content)}</div>',
            _scores(content),
            _confusion_and_calibration(content),
            _importance(content["importance"]),
            _gates(content["evaluation"]),
            _origin(content),
        ]
    )
    return page(title, body, style=STYLE)


def _notes(notes: Sequence[Mapping[str, str]]) -> str:
    items = "".join(f'<li class="{note["tone"]}">{escape(note["text"])}</li>' for note in notes)
    return f'<ul class="notes" aria-label="What to know first">{items}</ul>'


def _key_figures(content: Mapping[str, Any]) -> str:
    model = content["model"]
    walked, untouched = content["scores"]["oos"], content["scores"]["holdout"]
    cards = []
    for name, key, digits in (("Skill", "skill", 4), ("AUC", "roc_auc", 3), ("Rank IC", "rank_ic", 3)):
        for part, where in ((walked, folds_called(content["splits"])), (untouched, "untouched slice")):
            found = part["model"].get(key)
            if found is not None:
                bounds = f"95 % {number(found['low'], digits)} to {number(found['high'], digits)}"
                cards.append((f"{name}, {where}", number(found["value"], digits), bounds))
    cards.append(
        (
            "Independent answers",
            number(walked["n_eff"] + untouched["n_eff"], 0),
            f"in {walked['rows'] + untouched['rows']:,} unseen rows",
        )
    )
    skills = [value for _, value in _skills(content)]
    if skills:
        cards.append(("Folds with skill", f"{sum(value > 0 for value in skills)} of {len(skills)}", "above zero"))
    judged = content["evaluation"]
    if judged is None:
        cards.append(("Gates", NONE, "not judged yet"))
    else:
        held = sum(gate["passed"] for gate in judged["gates"])
        cards.append(("Gates", f"{held} of {len(judged['gates'])}", f"verdict {escape(judged['verdict'])}"))
    if content["permutation"] is not None:
        found = content["permutation"]
        cards.append(("Permutation p-value", number(found["p_value"], 3), f"{found['permutations']:,} permutations"))
    cards.append(("Trials", f"{content['trials']:,}", "different specs of this slot"))
    if model["directional"]:
        years, least = content["record"]["years"], content["record"]["minimum_years"]
        asked = f"at least {number(least, 1)} for so many trials" if least > 0.0 else "one trial asks for no minimum"
        cards.append(("Years of record", number(years, 1), asked))
    return figures(cards)


def _gain(content: Mapping[str, Any]) -> str:
    gain = content["gain"]
    drawn = gain_svg(gain["times"], gain["gain"], untouched_from=gain["untouched_from"], unit=gain["unit"])
    return (
        f"<section><h2>Gain over the base rate, added up ({gain['unit']})</h2>{drawn}<p>How much less the model lost "
        "than one who only knows the base rate of its training rows. An honest edge rises steadily; one jump is luck, "
        "or one event.</p></section>"
    )


def _skills(content: Mapping[str, Any]) -> list[tuple[int, float]]:
    return [(fold["fold"], fold["metrics"]["skill"]) for fold in content["folds"] if "skill" in fold["metrics"]]


def _folds(content: Mapping[str, Any]) -> str:
    skills = _skills(content)
    columns = [("roc_auc", "AUC", 3), ("log_loss", "Log loss", 4), ("rank_ic", "Rank IC", 3), ("mae", "MAE", 4)]
    shown = [column for column in columns if all(column[0] in fold["metrics"] for fold in content["folds"])]
    rows = "".join(
        f'<tr><th scope="row">{fold["fold"]}</th><td class="word">{day(fold["start"])} to {day(fold["end"])}</td>'
        f"<td>{fold['train_rows']:,}</td><td>{fold['test_rows']:,}</td><td>{number(fold['n_eff'], 0)}</td>"
        f"{_toned(fold['metrics'].get('skill'), 4)}"
        + "".join(f"<td>{number(fold['metrics'][key], digits)}</td>" for key, _, digits in shown)
        + "</tr>"
        for fold in content["folds"]
    )
    names = ("Fold", "Tested", ">Train rows", ">Test rows", ">Independent", ">Skill", *(f">{one[1]}" for one in shown))
    drawn = folds_svg(skills) if skills else ""
    called = folds_called(content["splits"])
    return (
        f"<section><h2>{escape(called[0].upper() + called[1:])}: {folds_told(content['splits'])}</h2>{drawn}"
        "<p>Skill is 1 − loss / loss of the base rate: 0 is no better than it. One fold holds few independent answers, "
        f"so its own figures swing.</p>{scrolled('Folds', table(names, rows))}</section>"
    )


def _reliability(content: Mapping[str, Any]) -> str:
    found = content["reliability"]
    drawn = reliability_svg(found["predicted"], found["observed"], error=found["error"], count=found["count"])
    bins = zip(found["predicted"], found["observed"], found["error"], found["count"], strict=True)
    rows = "".join(
        f'<tr><th scope="row">{number(said, 3)}</th><td>{number(came, 3)}</td><td>± {number(error, 3)}</td>'
        f"<td>{count:,}</td></tr>"
        for said, came, error, count in bins
    )
    as_table = scrolled("Reliability", table(("Said", ">Came", ">95 %, about", ">Rows"), rows))
    return (
        f"<section><h2>Reliability: what was said, and what came</h2>{drawn}<p>Mean forecast across, mean outcome up, "
        "in ten bins of equally many rows; bars say how far chance moves it, about 95 %. On the dashed line forecasts "
        f"mean what they say; a flat line says nothing.</p><details><summary>as a table</summary>{as_table}</details>"
        "</section>"
    )


def _distribution(content: Mapping[str, Any]) -> str:
    found = content["distribution"]
    drawn = distribution_svg(found["edges"], found["count"], base=found["base"])
    return (
        f"<section><h2>How often which forecast was given</h2>{drawn}<p>The dashed line is the base "
        f"{number(found['base'], 3)}. Forecasts that hardly leave it decide little.</p></section>"
    )


def _scores(content: Mapping[str, Any]) -> str:
    return "".join(_score_table(table) for table in score_tables({**content["scores"], "splits": content["splits"]}))


def _score_table(scored: Mapping[str, Any]) -> str:
    part, title = scored["part"], escape(scored["title"])
    rows, remarks = "", ""
    for row in scored["rows"]:
        metric = row["metric"]
        others = "".join(f"<td>{number(value, metric.digits)}</td>" for value in row["baselines"])
        star = " *" if row["note"] else ""
        rows += (
            f'<tr><th scope="row" title="{escape(metric.meaning)}">{escape(metric.title)}{star}</th>'
            f'<td class="right">{number(row["value"], metric.digits)}</td>'
            f"<td>{number(row['low'], metric.digits)} to {number(row['high'], metric.digits)}</td>{others}</tr>"
        )
        remarks += f"<p>* {escape(metric.title)}: {escape(row['note'])}.</p>" if row["note"] else ""
    names = [f">{escape(name.replace('_', ' '))}" for name in scored["baselines"]]
    scores = scrolled(title, table(("Score", ">Model", ">95 % interval", *names), rows))
    meanings = "; ".join(f"{row['metric'].title}: {row['metric'].meaning}" for row in scored["rows"])
    count = f"{part['judged']:,} rows, {number(part['n_eff'], 0)} independent"
    return (
        f"<section><h2>{title}, beside the baselines</h2><p>{day(part['first'])} to {day(part['last'])}, "
        f"{count}.</p>{scores}{remarks}"
        f"<details><summary>what the scores mean</summary><p>{escape(meanings)}.</p></details></section>"
    )


def _confusion_and_calibration(content: Mapping[str, Any]) -> str:
    """Side by side, or the latter alone where there are no classes."""
    if content["confusion"] is None:
        return _calibration(content)
    return f'<div class="pair">{_confusion(content["confusion"])}{_calibration(content)}</div>'


def _confusion(found: Mapping[str, Any]) -> str:
    total = sum(map(sum, found["count"]))
    rows = ""
    for place, name in enumerate(found["classes"]):
        cells = "".join(
            f"<td{' class=right' if other == place else ''}>{count:,}<br>{percent(count / total)}</td>"
            for other, count in enumerate(found["count"][place])
        )
        rows += f'<tr><th scope="row">was {escape(name)}</th>{cells}</tr>'
    counts = scrolled("Confusion", table(("", *(f">said {escape(name)}" for name in found["classes"])), rows))
    return (
        f"<section><h2>Confusion: {total:,} unseen rows</h2>{counts}<p>Each row is called what was most probable. "
        "Decisions are made on probabilities, not on this.</p></section>"
    )


def _calibration(content: Mapping[str, Any]) -> str:
    found, parity = content["calibration"], content["parity"]
    facts = [("Calibrated by", _method(found))]
    for part, where in (("oos", folds_called(content["splits"])), ("holdout", "untouched slice")):
        model = content["scores"][part]["model"]
        facts += [
            (f"{title}, {where}", f"{number(one['value'], 3)} ({number(one['low'], 3)} to {number(one['high'], 3)})")
            for key, title in (("ece", "ECE"), ("calibration_slope", "Slope"))
            if (one := model.get(key)) is not None
        ]
    facts += _conformal(content["conformal"])
    rows = parity["real_rows"] + parity["random_rows"] + parity["border_rows"]
    facts.append(("ONNX against native", f"at most {parity['max_error']:.2g} apart in {rows:,} rows"))
    return f"<section><h2>Calibration and sets</h2>{_facts(facts)}</section>"


def _method(found: Mapping[str, Any]) -> str:
    values = found["values"]
    words: Mapping[str, Callable[[], str]] = {
        "identity": lambda: "nothing: outputs are used as they are",
        "platt": lambda: f"a line through the log-odds, slope {number(values[0], 3)}, intercept {number(values[1], 3)}",
        "temperature": lambda: f"a temperature of {number(values[0], 3)}",
        "isotonic": lambda: f"an isotonic curve of {len(values) // 2} points",
    }
    return words[found["method"]]()


def _conformal(found: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    facts = []
    for kind in ("fixed", "adaptive"):
        for what, value in found.get(kind, {}).items():
            name = f"{what.capitalize()} of {kind} {100 * (1 - found['alpha']):.0f} % sets"
            facts.append(
                (name, f"{number(value['value'], 3)} ({number(value['low'], 3)} to {number(value['high'], 3)})")
            )
    return facts


def _importance(importance: Mapping[str, Mapping[str, float]]) -> str:
    if not any(value for found in importance.values() for value in found.values()):
        return "<section><h2>What it looks at</h2><p>Nothing, or nothing that it could tell of.</p></section>"
    order = sorted(importance["gain"], key=lambda name: -importance["shap"].get(name, 0.0))
    largest = {kind: max((abs(value) for value in importance[kind].values()), default=0.0) for kind in KINDS}
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_bar(importance[kind].get(name), largest[kind], signs=kind == "permutation") for kind in KINDS)
        + "</tr>"
        for name in order[:MOST_COLUMNS]
    )
    columns = scrolled("Importance", table(("Column", ">Gain", ">Permutation", ">|SHAP|"), rows))
    more = f", {MOST_COLUMNS} of {len(order)}" if len(order) > MOST_COLUMNS else ""
    return (
        f"<section><h2>What it looks at{more}</h2><p>Gain: share in what the fit gained, on training rows. "
        "Permutation: how much the loss grows on unseen rows when the column is permuted in blocks of time; below zero "
        "it was better without. |SHAP|: mean size of its contribution to the raw output, on unseen rows.</p>"
        f"{columns}</section>"
    )


def _bar(value: float | None, largest: float, *, signs: bool) -> str:
    if value is None:
        return f"<td>{NONE}</td>"
    said = signed(value, 5) if signs else number(value, 4)
    return f"<td>{said} {share_svg(value, largest)}</td>"


def _gates(judged: Mapping[str, Any] | None) -> str:
    if judged is None:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(gate["gate"])} {escape(gate["name"])}</th>{_passed(gate["passed"])}'
        f"<td>{_short(gate['value'])}</td><td>{_short(gate['threshold'])}</td><td>{gate['n']:,}</td>"
        f'<td class="why">{escape(gate["detail"])}</td></tr>'
        for gate in judged["gates"]
    )
    gates = scrolled("Gates", table(("Gate", "Holds", ">Value", ">Threshold", ">n", "Why"), rows))
    rival = "the baselines" if judged["champion"] is None else f"version {judged['champion']}"
    said = (
        f"Judged {minute(judged['created_at'])} UTC against {rival} on {day(judged['window_start'])} to "
        f"{day(judged['window_end'])}, {judged['samples']:,} rows; risk score {number(judged['risk_score'])}. "
        f"{escape(judged['notes'])}"
    )
    return f"<section><h2>Gates: {escape(judged['verdict'])}</h2><p>{said}</p>{gates}</section>"


def _passed(passed: bool) -> str:
    return f'<td class="word {"up" if passed else "down"}">{"✓ yes" if passed else "✗ no"}</td>'


def _origin(content: Mapping[str, Any]) -> str:
    model, spec = content["model"], content["model"]["spec"]
    params = ", ".join(f"{name} {value}" for name, value in spec["params"].items()) or "defaults"
    label = ", ".join(f"{name} {value}" for name, value in spec["label"]["params"].items() if value is not None)
    facts = [
        ("Slot", model["slot"]),
        *_learned(content),
        ("Label", f"{spec['label']['name']}, {label or 'defaults'}"),
        ("Parameters", f"{params}; seed {spec['seed']}" + ("; with the anomaly column" if spec.get("anomaly") else "")),
        ("Regime", spec["regime"]),
        ("Features", f"{spec['feature_set']}, {len(model['columns'])} columns"),
        ("Rows", f"{content['data']['rows']:,}, worth {number(content['data']['n_eff'], 0)} independent answers"),
        ("Classes", _balance(content["data"]["class_balance"])),
        (
            "Made",
            f"{minute(model['created_at'])} UTC by {model['created_by'] or NONE} in {number(model['seconds'], 1)} s",
        ),
        ("Artefact sha256", model["sha256"]),
        ("Dataset hash", model["dataset_hash"]),
        ("Feature-set hash", spec["feature_set_hash"]),
        ("Code", model["code"] or NONE),
    ]
    columns = escape(", ".join(model["columns"]))
    return (
        f"<section><h2>What was trained</h2>{_facts([fact for fact in facts if fact[1]])}"
        f"<details><summary>all columns</summary><p>{columns}</p></details>"
        f"<p>Report made {minute(content['made_at'])} UTC from what was kept of the training; nothing was fitted or "
        "predicted anew.</p></section>"
    )


def _learned(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What it learned from; of a model that came from elsewhere what is said of that, and what it was calibrated on."""
    model, imported = content["model"], content["imported"]
    span = f"{minute(model['trained_from'])} to {minute(model['trained_to'])} UTC, {model['samples']:,} rows"
    if imported is None:
        return [("Trained on", span)]
    found = [
        ("Trained elsewhere", f"until {minute(imported['trained_to'])} UTC, as who brought it says"),
        ("File", f"{imported['file']}, {imported['format']}, sha256 {imported['sha256']}"),
    ]
    return found if imported["calibration"] == "identity" else [*found, ("Calibrated on", span)]


def _balance(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{float(value):g}: {percent(share)}" for value, share in shares.items())


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    return '<dl class="facts">' + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in facts) + "</dl>"


def _toned(value: float | None, digits: int) -> str:
    if value is None:
        return f"<td>{NONE}</td>"
    return f'<td class="{"up" if value > 0 else "down"}">{signed(value, digits)}</td>'


def _short(value: float | None) -> str:
    return NONE if value is None else f"{value:.4g}".replace("-", "−")
