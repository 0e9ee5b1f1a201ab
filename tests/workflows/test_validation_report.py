"""The validation report: one page that asks for nothing, whose figures are those of the JSON and of what was kept."""

import json
import re
from copy import deepcopy
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.drawing import Scale, round_ticks
from alphaplus.core.enums import Verdict
from alphaplus.core.errors import ArtifactCorrupt
from alphaplus.core.records import Evaluation, GateResult
from alphaplus.evaluation.evidence import UNTOUCHED
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.training import read_rows
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.train import TrainRequest, train
from alphaplus.workflows.validation_notes import notes
from alphaplus.workflows.validation_page import render
from alphaplus.workflows.validation_report import validation_report, write_validation_report

KINDS = {
    "three classes": {"target": "signal_direction", "horizon": 6, "family": "lightgbm", "params": {"rounds": 20},
                      "anomaly": True},
    "two classes": {"target": "signal_direction", "horizon": 1, "family": "logistic", "threshold": 0.0},
    "a value": {"target": "target_return", "horizon": 3, "family": "logistic"},
    "nothing learned": {"target": "signal_direction", "horizon": 1, "family": "prior", "threshold": 0.0},
}  # fmt: skip


class Forgetful:
    """A journal that keeps nothing."""

    def trained(self, version, summary, recipe=None):
        pass


def opened(home, compiled, bars=2_000):
    home.mkdir()
    (home / "cache").symlink_to(compiled, target_is_directory=True)
    store = MemoryBarStore()
    store.append(simulate("M1", bars=bars, seed=4, symbol="SIM"))
    return Ports(
        bars=store,
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=Forgetful(),
        clock=FixedClock(1_735_689_600_000),
        settings=Settings(home=home),
        progress=Silent(),
    )


@pytest.fixture(scope="module")
def ports(tmp_path_factory, compiled):
    return opened(tmp_path_factory.mktemp("reports") / "home", compiled)


@pytest.fixture(scope="module")
def versions(ports):
    """One trained version of every kind."""
    made = {}
    for kind, request in KINDS.items():
        made[kind], _ = train(
            TrainRequest(symbols=("SIM",), features="lean", model_name=kind.replace(" ", "_"), **request), ports
        )
    return made


@pytest.fixture(scope="module", params=list(KINDS))
def version(request, versions):
    return versions[request.param]


class Parsed(HTMLParser):
    """Tags that must be closed are closed; text, and every address that a page could ask for."""

    VOID = frozenset({"meta", "link", "line", "polyline", "circle", "br"})

    def __init__(self, page):
        super().__init__()
        self.open, self.addresses, self.tags, self.text = [], [], set(), ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "data", "action", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


def shown(value, digits):
    return f"{value:,.{digits}f}".replace("-", "−")


def test_the_page_asks_for_nothing_and_works_everywhere(version, ports):
    page = render(validation_report(version, ports))
    seen = Parsed(page)
    assert seen.addresses == ["data:,"]
    assert not {"script", "img", "iframe", "object"} & seen.tags
    assert not re.search(r"https?://|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme:dark" in page
    assert "width=device-width" in page
    assert not re.search(r"\b(nan|inf|None)\b", page)
    assert len(page) < 300_000


def test_files_hold_the_same_and_are_replaced(version, ports, tmp_path):
    content, files = write_validation_report(version, ports, tmp_path / "out")
    assert [path.name for path in files] == [f"validation-{version.label}.html", f"validation-{version.label}.json"]
    assert json.loads(files[1].read_text(encoding="utf-8")) == json.loads(json.dumps(content, allow_nan=False))
    assert files[0].read_text(encoding="utf-8") == render(content)
    again, _ = write_validation_report(version, ports, tmp_path / "out")
    assert again == content


def test_figures_on_the_page_are_those_of_the_data(version, ports):
    content = validation_report(version, ports)
    text = Parsed(render(content)).text
    for part in ("oos", "holdout"):
        scores = content["scores"][part]
        assert scores == json.loads(json.dumps(version.metrics[part]))
        for name, digits in (("skill", 4), ("roc_auc", 3), ("brier", 4), ("mae", 4), ("rank_ic", 3)):
            if name in scores["model"]:
                one = scores["model"][name]
                assert shown(one["value"], digits) in text, name
                assert f"{shown(one['low'], digits)} to {shown(one['high'], digits)}" in text, name
                others = [baseline[name] for baseline in scores["baselines"].values() if name in baseline]
                assert all(shown(value, digits) in text for value in others), name
    for fold in content["folds"]:
        assert f"{fold['train_rows']:,} {fold['test_rows']:,} {shown(fold['n_eff'], 0)}" in text
    moved = content["importance"]["shap"]
    explained = any(moved.values())  # what looks at nothing has no table of it
    for name, value in sorted(moved.items(), key=lambda item: -item[1])[: 20 if explained else 0]:
        assert f"{name} " in text
        assert shown(value, 4) in text
    for fact in (version.sha256, version.dataset_hash, str(version.slot), version.label):
        assert fact in text


def test_the_gain_is_what_the_scores_say_in_total(version, ports):
    content = validation_report(version, ports)
    rows = read_rows(ports.artifacts.open(version.artifact_uri))
    total = 0.0
    for part in ("oos", "holdout"):
        scores = content["scores"][part]
        if "log_loss" in scores["model"]:
            lost = scores["model"]["base_log_loss"]["value"] - scores["model"]["log_loss"]["value"]
        else:
            mse = scores["model"]["mse"]["value"]
            lost = scores["baselines"]["base_rate"]["mse"] - mse
        total += lost * scores["judged"]
    assert content["gain"]["gain"][-1] == pytest.approx(total, abs=1e-6)
    assert len(content["gain"]["times"]) <= 600
    assert content["gain"]["untouched_from"] == int(rows.as_of[rows.fold == UNTOUCHED][0])


def test_counts_add_up_to_the_rows(version, ports):
    content = validation_report(version, ports)
    rows = read_rows(ports.artifacts.open(version.artifact_uri))
    judged = int(rows.judged.sum())
    assert sum(content["reliability"]["count"]) == judged
    assert sum(content["distribution"]["count"]) == len(rows)
    mean = np.average(content["reliability"]["observed"], weights=content["reliability"]["count"])
    assert mean == pytest.approx(rows.actual[rows.judged].mean())
    if content["confusion"] is None:
        assert content["model"]["task"] == "regression"
    else:
        table = np.array(content["confusion"]["count"])
        assert table.sum() == (len(rows) if len(table) > 2 else judged)
        called = rows.p.argmax(axis=1) if len(table) > 2 else (rows.predicted[rows.judged] > 0.5)
        assert table.sum(axis=0).tolist() == np.bincount(called.astype(int), minlength=len(table)).tolist()


def test_errors_of_bins_are_those_of_independent_answers(versions, ports):
    """Labels of one bar do not overlap, so each row counts: the binomial error, by hand."""
    found = validation_report(versions["two classes"], ports)["reliability"]
    share, count = np.array(found["observed"]), np.array(found["count"])
    np.testing.assert_allclose(found["error"], 1.96 * np.sqrt(share * (1 - share) / count), rtol=0.02)
    overlapping = validation_report(versions["three classes"], ports)["reliability"]
    share, count = np.array(overlapping["observed"]), np.array(overlapping["count"])
    wider = np.array(overlapping["error"]) / (1.96 * np.sqrt(share * (1 - share) / count))
    np.testing.assert_allclose(wider, np.sqrt(6.0), rtol=0.1)


def test_nothing_is_predicted_for_it(versions, ports, monkeypatch):
    monkeypatch.setattr(OnnxModel, "run", lambda *_: pytest.fail("a prediction was made"))
    for version in versions.values():
        assert validation_report(version, ports)["scores"]["oos"]["rows"] > 0


def test_what_must_be_known_first_is_said(versions, ports):
    content = validation_report(versions["two classes"], ports)
    said = [note["text"] for note in content["notes"] if note["tone"] == "warn"]
    assert said[0].startswith("Simulated data")
    assert any("too short for the usual folds" in text for text in said)
    assert any("evaluate_and_promote --candidate" in text for text in said)
    nothing = [note["text"] for note in validation_report(versions["nothing learned"], ports)["notes"]]
    assert any(text.startswith("No skill can be told from chance") for text in nothing)
    overlap = [note["text"] for note in validation_report(versions["three classes"], ports)["notes"]]
    assert any("Labels look 6 bars ahead and overlap" in text for text in overlap)
    assert not any("overlap" in text for text in said)


def test_notes_follow_the_figures(versions, ports):
    content = deepcopy(validation_report(versions["two classes"], ports))
    content |= {"simulated": False, "trials": 7, "permutation": {"p_value": 0.4}}
    content["scores"]["holdout"]["model"]["skill"] = {"value": -0.2, "low": -0.3, "high": -0.1}
    for fold in content["folds"]:
        fold["metrics"]["skill"] = -1.0
    said = " ".join(note["text"] for note in notes(content, gates=Settings().gates))
    assert "worse than the base rate beyond chance in the untouched slice" in said
    assert f"Only 0 of {len(content['folds'])} folds" in said
    assert "7 different specs" in said
    assert "40.0 % of draws" in said
    assert "Simulated" not in said


def test_a_model_from_elsewhere_is_not_said_to_have_been_trained_here(versions, ports):
    content = deepcopy(validation_report(versions["two classes"], ports))
    assert content["imported"] is None
    content["splits"] |= {"name": "imported", "forward": False}
    told = {"file": "mine.onnx", "format": "ONNX", "sha256": "c" * 64, "trained_to": 1_640_217_599_999}
    for calibration in ("platt", "identity"):
        content["imported"] = told | {"calibration": calibration}
        text = re.sub(r"\s+", " ", Parsed(render(content)).text)
        assert "Trained elsewhere until 2021-12-22 23:59 UTC, as who brought it says File mine.onnx, ONNX" in text
        assert "Trained on" not in text
        assert "fitted on the past" not in text
        assert ("Calibrated on" in text) is (calibration == "platt")
    said = [note["text"] for note in notes(content, gates=Settings().gates)]
    assert any("on nothing after 2021-12-22 23:59 UTC" in text for text in said)


def test_the_deflated_sharpe_ratio_is_not_promised_where_nothing_is_traded(versions, ports):
    content = deepcopy(validation_report(versions["two classes"], ports)) | {"trials": 7}
    for directional in (True, False):
        content["model"]["directional"] = directional
        said = " ".join(note["text"] for note in notes(content, gates=Settings().gates))
        assert "7 different specs" in said
        assert ("deflated Sharpe" in said) is directional


def test_what_explains_nothing_has_no_table_of_it(versions, ports):
    text = Parsed(render(validation_report(versions["nothing learned"], ports))).text
    assert "Nothing, or nothing that it could tell of" in text
    assert "rsi_14" not in text.partition("What was trained")[0]


def test_baselines_stand_in_one_order(versions, ports):
    """However the report was stored: its keys are sorted, and a reader compares it with what the command printed."""
    content = validation_report(versions["two classes"], ports)
    for part in content["scores"].values():
        part["baselines"] = dict(sorted(part["baselines"].items()))
    text = re.sub(r"\s+", " ", Parsed(render(content)).text)
    assert text.count("95 % interval base rate persistence one lag") == 2


def test_the_length_of_the_record_is_held_against_the_number_of_trials(versions, ports):
    """2,000 hours less the rows before the first fold, and five years for 45 trials, as the paper has it."""
    content = deepcopy(validation_report(versions["two classes"], ports))
    rows = read_rows(ports.artifacts.open(versions["two classes"].artifact_uri))
    assert content["record"]["years"] == pytest.approx((rows.span_end[-1] - rows.as_of[0]) / 3_600_000 / 8_766)
    assert content["record"]["minimum_years"] == 0.0
    assert "Years of record 0.1 one trial asks for no minimum" in re.sub(r"\s+", " ", Parsed(render(content)).text)
    assert not any("unseen record" in note["text"] for note in content["notes"])
    for trial in range(44):
        ports.trials.add(replace(ports.trials.of_slot(versions["two classes"].slot)[0], spec_hash=f"other {trial}"))
    content = validation_report(versions["two classes"], ports)
    assert round(content["record"]["minimum_years"], 1) == 5.0
    assert "Years of record 0.1 at least 5.0 for so many trials" in re.sub(r"\s+", " ", Parsed(render(content)).text)
    assert any("in any record under 5.0 years" in note["text"] for note in content["notes"])


@pytest.mark.parametrize(
    ("name", "called", "told"),
    [
        ("walk_forward", "Walk-forward", "fitted on the past"),
        ("rolling", "Rolling walk-forward", "fitted on the past"),
        ("kfold", "Purged k-fold", "no evidence for the gates"),
        ("combinatorial", "Combinatorial folds", "no evidence for the gates"),
        ("imported", "Bars after its training", "tested by a model that was trained before"),
    ],
)
def test_folds_are_called_what_they_are(versions, ports, name, called, told):
    content = deepcopy(validation_report(versions["two classes"], ports))
    content["splits"] |= {"name": name, "forward": name not in ("kfold", "combinatorial")}
    content["notes"] = notes(content, gates=Settings().gates)
    text = Parsed(render(content)).text
    assert f"{called}: " in text
    assert told in text
    assert f"{called}, out of sample" in text
    assert f"Skill, {called[0].lower()}{called[1:]}" in text
    if name not in ("walk_forward", "rolling"):
        assert "walk-forward" not in text.lower()


def test_gates_of_the_newest_evaluation_are_shown(versions, ports):
    version = versions["a value"]
    assert validation_report(version, ports)["evaluation"] is None
    gate = GateResult("G1", "skill <b>", -0.5, 0.0, 321, passed=False, detail="out of sample & worse", risk=1.0)
    made = Evaluation(version.number, None, 1, 2, {}, (gate,), Verdict.PROMOTE, 0.1)
    ports.models.add_evaluation(made)
    ports.models.add_evaluation(replace(made, verdict=Verdict.REJECT, samples=17, notes="1 of 1"))
    content = validation_report(version, ports)
    assert content["evaluation"]["verdict"] == "reject"
    assert content["evaluation"]["gates"][0]["detail"] == "out of sample & worse"
    page = render(content)
    text = Parsed(page).text
    assert "✗ no −0.5 0 321 out of sample & worse" in re.sub(r"\s+", " ", text)
    assert "<b>" not in page
    assert "No gate has judged it yet" not in text


def test_sets_and_permutations_are_shown_where_they_were_kept(versions, ports):
    content = deepcopy(validation_report(versions["two classes"], ports)) | {"conformal": None, "permutation": None}
    assert "Permutation p-value" not in Parsed(render(content)).text
    one = {"value": 0.8921, "low": 0.87, "high": 0.91}
    content["conformal"] = {"alpha": 0.1, "fixed": {"coverage": one}, "adaptive": {"coverage": one, "size": one}}
    content["permutation"] = {"p_value": 0.0123, "permutations": 999}
    text = Parsed(render(content)).text
    assert "Coverage of fixed 90 % sets 0.892 (0.870 to 0.910)" in text
    assert "Size of adaptive 90 % sets" in text
    assert "Permutation p-value 0.012 999 permutations" in re.sub(r"\s+", " ", text)


def test_an_altered_artefact_has_no_report(tmp_path, compiled):
    ports = opened(tmp_path / "home", compiled, bars=1_200)
    version, _ = train(TrainRequest(symbols=("SIM",), features="lean", family="prior", horizon=1), ports)
    folder = ports.artifacts.open(version.artifact_uri)
    for name in ("report.json", "oos.npz", "calibration.json"):
        whole = (folder / name).read_bytes()
        (folder / name).chmod(0o600)
        for damaged in (whole[: len(whole) // 2], None):
            (folder / name).unlink() if damaged is None else (folder / name).write_bytes(damaged)
            with pytest.raises(ArtifactCorrupt):
                write_validation_report(version, ports, tmp_path / "out")
            assert not (tmp_path / "out").exists()
            (folder / name).write_bytes(whole)
    write_validation_report(version, ports, tmp_path / "out")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.0416, 0.013), (0.38, 0.62), (-41.0, 13.0), (0.0, 810.0)])
def test_ticks_are_round_and_inside(low, high):
    ticks = round_ticks(low, high, 6)
    assert 3 <= len(ticks) <= 6
    assert low - 1e-9 <= ticks[0]
    assert ticks[-1] <= high + 1e-9
    step = ticks[1] - ticks[0]
    mantissa = step / 10.0 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - one) for one in (1.0, 2.0, 5.0)) < 1e-6
    np.testing.assert_allclose(np.diff(ticks), step)
    assert round_ticks(3.0, 3.0) == [3.0]
    assert Scale(2.0, 2.0, 5.0, 9.0)(2.0) == 5.0
