import json, sqlite3, os
from contextlib import closing
def test_shots(page, watch, server):
    with closing(sqlite3.connect(server.home / "alphaplus.sqlite3", timeout=20)) as db, db:
        names = ["parity","features","leakage","artefact","skill","skill interval","log loss","ECE","slope","net sharpe","random","double costs","deflated sharpe","PBO","folds","samples","trades","champion","alarm accuracy","alarm auc","alarm sharpe","share of logistic","direction"]
        why = "the lower bound of skill is not above the base rate: log loss 0.6931 against 0.6929 on 1,200 rows, of which 1,180 count as independent"
        gates = [{"gate": f"G{i//4}", "name": n, "value": 0.0123*i, "threshold": 0.05, "n": 1200, "passed": i%2==0, "detail": why if i%3 else "", "risk": .1} for i,n in enumerate(names)]
        db.execute("update evaluation set gates=?, notes=?", (json.dumps(gates), "11 of 23 conditions do not hold: G0 x; lgb_btc_1h_1763 serves but cannot be compared with: its artefact is missing"))
        (sid, summary), = db.execute("select id, summary from backtest_run").fetchall()
        s = json.loads(summary); s["judged_until"] = s["start"] + 86400_000*20
        db.execute("update backtest_run set summary=?", (json.dumps(s),))
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for name, url in {"model": "/ml/models/2", "models": "/ml/models", "overview": "/ml/", "backtest": "/ml/backtests/1", "chart": "/ml/chart/SIM-M1/1h"}.items():
            page.goto(url); page.wait_for_timeout(1500)
            page.screenshot(path=f"/tmp/shots/{name}_{width}.png", full_page=name != "chart")
    link = None
    watch.errors.clear()
