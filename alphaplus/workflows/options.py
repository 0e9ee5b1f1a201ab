"""The arguments of every command, in plain argparse, read by `alphaplus` and by `manage.py` alike.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

TIMEFRAMES = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")
PATTERN_KINDS = ("candles", "figures", "smc", "volume_patterns", "entries")
PARALLEL = ("sequential", "threads", "processes", "ray")
SPLITS = ("walk_forward", "rolling", "kfold", "combinatorial")
FAMILIES = "LIGHTGBM (default), XGBOOST, CATBOOST, LOGISTIC, ISOLATION_FOREST or PRIOR"
LABELS = (
    "signal_direction (default), target_return, target_volatility, profitable, breakout, entry_point, meta or "
    "pattern_success"
)
LABEL_PARAMS = "parameters of the label: target=3 stop=1.5 of profitable, for instance"
SLOT_NAME = "name of the slot (default: technical_ml; of pattern_success alphaplus_pattern_classifier)"
USAGE = 2
MOST_USAGE = 6  # lines of a usage that stand before an error; more would bury it
CHECK = (
    "Look for leaks and broken promises. Exit codes: 0 honest, 1 a leak or a broken promise, "
    "2 a name or file that there is not, or a feature file that cannot be run, 4 bars that are missing or unreadable."
)
IMPORT = (
    "Bring in a model that was trained elsewhere. It goes through the checks of every other and waits in staging. "
    "Exit codes: 2 a file or an argument that is refused, 4 bars that are missing or too few."
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its purpose, two examples, its arguments, and the other names that find it."""

    name: str
    purpose: str
    examples: tuple[str, ...]
    configure: Callable[[argparse.ArgumentParser], None]
    aliases: tuple[str, ...] = ()


class Parser(argparse.ArgumentParser):
    """A parser that suggests the closest word for a misspelt one."""

    def error(self, message: str) -> NoReturn:
        """Print the usage, the message and the closest choice, and exit with 2."""
        choice = message.partition("invalid choice: '")[2].partition("'")[0]
        if choice and self._subparsers is not None:
            names = [name for action in self._subparsers._group_actions for name in action.choices or ()]
            close = difflib.get_close_matches(choice, names, n=1)
            if close:
                message = f"unknown command {choice!r}: did you mean {close[0]!r}?"
        flag = message.partition("unrecognized arguments: ")[2].partition(" ")[0].partition("=")[0]
        if flag.startswith("--"):
            close = difflib.get_close_matches(flag, self._flags(), n=1)
            if close:
                message = f"unknown flag {flag}: did you mean {close[0]}?"
        usage = self.format_usage()
        if usage.count("\n") > MOST_USAGE:
            usage = f"usage: {self.prog} ..., all flags: {self.prog} --help\n"
        self.exit(USAGE, f"{usage}{self.prog}: error: {message}\n")

    def _flags(self) -> list[str]:
        """Every flag of this parser and of those below it, long ones."""
        found = [flag for flag in self._option_string_actions if flag.startswith("--")]
        for action in self._subparsers._group_actions if self._subparsers is not None else ():
            if isinstance(action.choices, Mapping):
                found += [flag for parser in action.choices.values() for flag in parser._flags()]
        return found


def spelled(words: Sequence[str]) -> list[str]:
    """The words of a command line with every long flag spelt with dashes, as people write `_` and `-` alike."""
    out = []
    for word in words:
        flag, equals, value = word.partition("=")
        out.append(flag.replace("_", "-") + equals + value if word.startswith("--") else word)
    return out


def home_of(words: Sequence[str]) -> str | None:
    """The value of `--home` among the words of a command line, None when it is not there; for manage.py."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--home")
    home = parser.parse_known_args(list(words))[0].home
    return None if home is None else str(home)


class _Words(argparse.Action):
    """A list given with spaces or commas, or as a repeated flag."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        given = [values] if isinstance(values, str) else list(values or ())
        words = [word for value in given for word in str(value).split(",") if word]
        setattr(namespace, self.dest, (getattr(namespace, self.dest) or []) + words)


class _Numbers(_Words):
    """A list of whole numbers, given the same way."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest) or []
        super().__call__(parser, namespace, values, option_string)
        words = getattr(namespace, self.dest)[len(before) :]
        try:
            setattr(namespace, self.dest, before + [int(word) for word in words])
        except ValueError:
            raise argparse.ArgumentError(self, f"{' '.join(words)!r} is not a list of whole numbers") from None


def common(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every command takes."""
    group = parser.add_argument_group("shared flags")
    group.add_argument("--home", metavar="DIR", help="where everything is kept (ALPHAPLUS_HOME, default ./var)")
    group.add_argument("--json", action="store_true", help="print one JSON object on stdout, nothing else")
    group.add_argument("--quiet", action="store_true", help="no progress, only results and errors")
    group.add_argument("--no-color", action="store_true", help="plain text (also NO_COLOR)")
    group.add_argument("-v", "--verbosity", action="count", default=0, help="log more; twice also shows tracebacks")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port, which is 0 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is not 1 or more")
    return count


def _symbols(parser: argparse._ActionsContainer, *, help_text: str = "default: every imported symbol") -> None:
    parser.add_argument(
        "-p", "--symbols", "--symbol", nargs="+", action=_Words, metavar="SYMBOL", default=None, help=help_text
    )


def _timeframe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-i", "--timeframe", type=str.lower, choices=TIMEFRAMES, default="1h", metavar="TIMEFRAME", help="default: 1h"
    )


def _data(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    load = actions.add_parser(
        "import", help="read candles, trades or order books, check every row, store what is sound"
    )
    load.add_argument("files", nargs="+", metavar="FILE", help="CSV, gz or zip; Binance dumps or with a header")
    load.add_argument(
        "--kind",
        choices=("bars", "trades", "book"),
        default="bars",
        help="candles; trades, folded into bars; an order book, measured at the closes of stored bars (default: bars)",
    )
    load.add_argument("--symbol", required=True, help="what the files hold, BTCUSDT for instance")
    load.add_argument(
        "--timeframe", required=True, type=str.lower, choices=TIMEFRAMES, metavar="TIMEFRAME", help="1m to 1w"
    )
    load.add_argument("--time-unit", choices=("s", "ms", "us", "ns"), help="unit of the stamps where unknown (ms)")
    load.add_argument(
        "--columns", "--column", metavar="NAME=FILE_COLUMN", nargs="+", action=_Words, help="rename file columns"
    )
    load.add_argument("--venue", default="", help="where they come from; `simulated` marks them so wherever they show")
    load.add_argument("--utc", action="store_true", help="dates without a zone are UTC")
    common(load)
    listing = actions.add_parser("list", help="stored series: range, bars, gaps")
    common(listing)
    verify = actions.add_parser("verify", help="read everything back and check it")
    common(verify)
    coarser = actions.add_parser("resample", help="make coarser bars of stored ones and store them beside")
    _symbols(coarser, help_text="default: every symbol of the timeframe")
    _timeframe(coarser)
    coarser.add_argument(
        "--to", nargs="+", action=_Words, required=True, metavar="TIMEFRAME", help="one or more: 4h, or 4h,1d"
    )
    common(coarser)
    quality = actions.add_parser("quality", help="score stored series: complete, fresh, valid, free of outliers")
    _symbols(quality)
    quality.add_argument(
        "-i", "--timeframe", type=str.lower, choices=TIMEFRAMES, default=None, metavar="TIMEFRAME", help="default: all"
    )
    quality.add_argument("--window-days", type=int, default=30, help="last days that are judged (default: 30)")
    common(quality)


def _features(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    listing = actions.add_parser("list", help="every feature: category, unit, warm-up (--json: all)")
    listing.add_argument("--set", dest="set_name", default=None, help="only the columns of this set")
    listing.add_argument("--category", default=None, help="only this category: price, trend, volume, user, ...")
    common(listing)
    show = actions.add_parser("show", help="one feature in full: definition, warm-up, inputs, sets; or one set")
    show.add_argument("name", help="a column, or a set")
    common(show)
    sets = actions.add_parser("sets", help="every set: columns, what it is for")
    common(sets)
    check = actions.add_parser(
        "check", help="look for leaks and broken promises (exit code 1 when there are any)", description=CHECK
    )
    check.add_argument("target", metavar="NAME|FILE.py[:NAME]", help="a column, or a file with features of your own")
    check.add_argument("--data", metavar="FILE", default=None, help="candles to check on (default: stored ones)")
    _symbols(check, help_text="stored series to check on (default: the first, else a simulated market)")
    _timeframe(check)
    common(check)
    compute = actions.add_parser("compute", help="values of stored bars, on the screen or in a file")
    chosen = compute.add_mutually_exclusive_group()
    chosen.add_argument("--set", dest="set_name", default="core", help="a feature set (default: core)")
    chosen.add_argument("--columns", "--column", nargs="+", action=_Words, metavar="NAME", help="these columns")
    _symbols(compute)
    _timeframe(compute)
    compute.add_argument("--out", metavar="FILE", default=None, help="write FILE.csv or FILE.parquet")
    compute.add_argument(
        "--last", type=int, default=None, metavar="N", help="the last bars only (default: 10, in a file all)"
    )
    common(compute)


def _patterns(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    listing = actions.add_parser("list", help="every pattern: kind, what becomes of it, what it is")
    listing.add_argument("--kind", default=None, help=f"only this kind: {', '.join(PATTERN_KINDS)}")
    common(listing)
    show = actions.add_parser("show", help="one pattern in full: rules, columns, reference")
    show.add_argument("name", help="a pattern")
    common(show)
    scan = actions.add_parser(
        "scan",
        help="find patterns in stored bars, and what became of them",
        description="Find patterns in stored bars, and what became of them. Exit code 4: bars that are not stored.",
    )
    _symbols(scan)
    _timeframe(scan)
    scan.add_argument(
        "--kind",
        nargs="+",
        action=_Words,
        metavar="KIND",
        help=f"of {', '.join(PATTERN_KINDS)} (default: all but candles)",
    )
    scan.add_argument("--pattern", "--patterns", nargs="+", action=_Words, metavar="NAME", help="single patterns")
    scan.add_argument("--timerange", metavar="FROM-TO", help="20220101-20220701, either end may be missing (UTC)")
    scan.add_argument(
        "--last", type=int, default=None, metavar="N", help="the newest events only (default: 20, in a file all)"
    )
    scan.add_argument("--scores", action="store_true", help="also how often each pattern reached its target")
    scan.add_argument(
        "--by", nargs="+", action=_Words, metavar="WHAT", help="split the scores: symbol, regime, or both"
    )
    scan.add_argument(
        "--ml",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ask the pattern model in production for the probability of success (default: yes, where there is one)",
    )
    scan.add_argument("--out", "--csv", metavar="FILE", default=None, help="write FILE.csv or FILE.parquet")
    common(scan)


def _volume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "symbols", nargs="*", action=_Words, metavar="SYMBOL", help="default: every imported symbol of the timeframe"
    )
    _timeframe(parser)
    common(parser)


def _chart(parser: argparse.ArgumentParser) -> None:
    _symbols(parser, help_text="whose bars to draw (default: the only imported symbol of the timeframe)")
    _timeframe(parser)
    parser.add_argument("--out", metavar="FILE", default=None, help="write FILE.png (default: SYMBOL-TIMEFRAME.png)")
    parser.add_argument("--bars", type=int, default=120, help="how many bars (default: 120)")
    parser.add_argument(
        "--at", metavar="TIME", default=None, help="the chart as of this UTC time, 2022-03-01T12:00 (default: now)"
    )
    parser.add_argument(
        "--patterns",
        nargs="+",
        action=_Words,
        metavar="NAME",
        default=None,
        help="patterns to draw, by name or kind: figures, smc, volume_patterns, entries, candles (default: none)",
    )
    parser.add_argument("--size", metavar="WxH", default="960x540", help="pixels (default: 960x540)")
    parser.add_argument("--light", action="store_true", help="on white")
    common(parser)


def _models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    listing = actions.add_parser("list", help="every version with its stage and figures")
    common(listing)
    show = actions.add_parser("show", help="one version: figures beside baselines, gates, history")
    show.add_argument("version", help="number or label")
    common(show)
    report = actions.add_parser("report", help="write the validation report of one version: HTML and JSON")
    report.add_argument("version", help="number or label")
    report.add_argument("--out", metavar="FOLDER", default=".", help="where to write it (default: here)")
    common(report)

    load = actions.add_parser("import", help="bring in a model that was trained elsewhere", description=IMPORT)
    load.add_argument("file", metavar="FILE", help="LightGBM text, XGBoost JSON or UBJ, CatBoost cbm, or ONNX")
    chosen = load.add_mutually_exclusive_group(required=True)
    chosen.add_argument(
        "--columns", "--column", nargs="+", action=_Words, metavar="NAME", help="what it was trained on, in its order"
    )
    chosen.add_argument("--features", default=None, metavar="SET", help="the feature set that it was trained on")
    load.add_argument("--trained-to", default=None, metavar="DATE", help="the last moment that it may have learned of")
    load.add_argument("--model-name", default="", help=SLOT_NAME)
    load.add_argument(
        "--target", default="signal_direction", metavar="LABEL", help=f"the label that it answers: {LABELS}"
    )
    load.add_argument("--prediction-horizon", type=int, default=24, metavar="BARS", help="bars ahead (default: 24)")
    load.add_argument("--threshold", type=float, default=None, help="dead zone of signal_direction (default .25)")
    load.add_argument("--label", nargs="+", action=_Words, metavar="NAME=VALUE", help=LABEL_PARAMS)
    load.add_argument("--regime", default="all", help="the kind of market that it is for (default: all)")
    _symbols(load)
    _timeframe(load)
    common(load)


def _datasets(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    common(actions.add_parser("list", help="every dataset that a model learned from"))
    show = actions.add_parser("show", help="one dataset: its bars, columns, label, libraries, and who learned from it")
    repeat = actions.add_parser("repeat", help="assemble it again from the stored bars; exit code 1 when it differs")
    for action in (show, repeat):
        action.add_argument("hash", help="its hash, or the beginning of it")
        common(action)


def _train(parser: argparse.ArgumentParser) -> None:
    _grid(parser)
    _learned(parser)
    _validation(parser)
    parser.add_argument(
        "--tune", type=int, default=0, metavar="N", help="search better parameters first, by N trials (default: none)"
    )
    _running(parser)
    common(parser)


def _tune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-type", "--family", default="LIGHTGBM", help=FAMILIES)
    parser.add_argument("--target", default="signal_direction", metavar="LABEL", help=LABELS)
    parser.add_argument("--prediction-horizon", type=int, default=24, metavar="BARS", help="bars ahead (default: 24)")
    parser.add_argument("--regime", default="all", help="all (default), trending, bull, high_volatility, ...")
    _symbols(parser)
    _learned(parser)
    parser.add_argument(
        "--trials", type=_count, default=None, metavar="N", help="trials in all, those of earlier calls included"
    )
    parser.add_argument(
        "--minutes", type=float, default=None, help="end after so long; 50 trials where neither is given"
    )
    common(parser)


def _grid(parser: argparse.ArgumentParser) -> None:
    """What one model may be asked for or several at once: a model for every combination."""
    group = parser.add_argument_group("one or several of each; every combination is a model of its own")
    group.add_argument("--model-type", "--family", nargs="+", action=_Words, metavar="FAMILY", help=FAMILIES)
    group.add_argument("--target", nargs="+", action=_Words, metavar="LABEL", help=LABELS)
    group.add_argument(
        "--prediction-horizon", nargs="+", action=_Numbers, metavar="BARS", help="bars ahead (default: 24)"
    )
    group.add_argument(
        "--regime",
        nargs="+",
        action=_Words,
        metavar="REGIME",
        help="learn from the bars of one kind of market: all (default), trending, bull, high_volatility, ...; "
        "ALL_REGIMES is every one",
    )
    _symbols(group)
    group.add_argument("--each", action="store_true", help="a model for each symbol, in place of one over all of them")


def _learned(parser: argparse.ArgumentParser) -> None:
    """What else decides the data that is learned from, and how."""
    parser.add_argument("--model-name", default="", help=SLOT_NAME)
    parser.add_argument("--label", nargs="+", action=_Words, metavar="NAME=VALUE", help=LABEL_PARAMS)
    _timeframe(parser)
    parser.add_argument(
        "--training-days", "--days", type=int, default=730, metavar="N", help="newest days of history (default: 730)"
    )
    parser.add_argument(
        "--threshold", type=float, default=None, help="dead zone in volatility units (default .25; 0: up or down)"
    )
    parser.add_argument(
        "--features", default="core", metavar="SET", help="default: core; `alphaplus features sets` shows them"
    )
    parser.add_argument(
        "--select",
        nargs="?",
        type=int,
        const=0,
        default=None,
        metavar="N",
        help="drop constant, mostly missing, leaking and repeated columns; with N keep the N most important",
    )
    parser.add_argument(
        "--anomaly", action="store_true", help="learn from one more column: how unusual the row is (isolation forest)"
    )
    parser.add_argument(
        "--half-life-days", type=float, default=None, metavar="DAYS", help="rows so much older count half as much"
    )
    parser.add_argument("--balance-classes", action="store_true", help="learn from all classes as if equally frequent")
    parser.add_argument("--weight-by-return", action="store_true", help="rows of large moves count more")
    parser.add_argument("--seed", type=int, default=0, help="of every draw (default: 0)")
    parser.add_argument(
        "--param",
        nargs="+",
        action=_Words,
        metavar="NAME=VALUE",
        help="parameters of the family: rounds=300 num_leaves=15 of LIGHTGBM, for instance",
    )


def _validation(parser: argparse.ArgumentParser) -> None:
    """How a model is judged before its untouched slice is opened."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--walk-forward",
        nargs="?",
        choices=("expanding", "rolling"),
        const="expanding",
        default="expanding",
        help="grow the training part with every fold, or keep its length (default: expanding)",
    )
    chosen.add_argument(
        "--splits",
        type=str.lower,
        choices=SPLITS,
        metavar="WAY",
        default=None,
        help=f"{', '.join(SPLITS)}; the last two are for choosing among models, not for the gates",
    )


def _running(parser: argparse.ArgumentParser) -> None:
    """How the work is done; nothing of it changes a model."""
    group = parser.add_argument_group("running")
    group.add_argument(
        "--parallel",
        type=str.lower,
        choices=PARALLEL,
        metavar="WHERE",
        default=None,
        help=f"{', '.join(PARALLEL)} (ALPHAPLUS_PARALLEL, default: processes)",
    )
    group.add_argument(
        "--workers", type=int, default=None, metavar="N", help="fits at a time (ALPHAPLUS_WORKERS, default: one a core)"
    )
    group.add_argument("--again", action="store_true", help="train also what is registered with the same data and spec")
    group.add_argument(
        "--dry-run", action="store_true", help="list the models with rows, folds and time; train nothing"
    )


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-name", default="technical_ml", help="name of the slot (default: technical_ml)")
    parser.add_argument(
        "--regime", default="all", metavar="REGIME", help="regime of the slot: all (default), trending, bull, ..."
    )
    _symbols(parser, help_text="only the newest candidate whose slot covers these symbols")
    parser.add_argument(
        "--candidate", "--candidate-artifact", default=None, help="number or label (default: the newest in staging)"
    )
    parser.add_argument("--dry-run", action="store_true", help="judge, change nothing")
    common(parser)


def _backtest(parser: argparse.ArgumentParser) -> None:
    _symbols(parser)
    _timeframe(parser)
    parser.add_argument("--timerange", metavar="FROM-TO", help="20220101-20220701, either end may be missing (UTC)")
    parser.add_argument("--model-id", default=None, help="number or label (default: what is in production)")
    parser.add_argument("--capital", type=float, default=None, help="default: 10000")
    parser.add_argument("--fee-bps", type=float, default=None, help="fee a side (default: the instrument's)")
    parser.add_argument("--slippage-bps", type=float, default=None, help="slippage a side (default: 2, simulated: 0)")
    parser.add_argument("--export", metavar="FOLDER", default=None, help="write report.html, report.json, trades.csv")
    common(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", nargs="+", metavar="FILE", default=None, help="real candles in place of simulated")
    _symbols(parser, help_text="names for the files, in their order (default: from the file names)")
    _timeframe(parser)
    parser.add_argument("--serve", action=argparse.BooleanOptionalAction, default=True, help="dashboard afterwards")
    parser.add_argument("--port", type=_port, default=None, help="default: 8000")
    parser.add_argument("--speed", type=float, default=2.0, help="replayed bars a second (default: 2)")
    common(parser)


def _replay(parser: argparse.ArgumentParser) -> None:
    _symbols(parser)
    _timeframe(parser)
    parser.add_argument("--bars", type=int, default=500, help="how many of the last bars to replay (default: 500)")
    parser.add_argument("--speed", type=float, default=2.0, help="bars a second (default: 2)")
    parser.add_argument("--forming-steps", type=int, default=5, help="updates inside a bar (default: 5)")
    common(parser)


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=None, help="default: 127.0.0.1")
    parser.add_argument("--port", type=_port, default=None, help="default: 8000, 0 takes a free one")
    common(parser)


def _assets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("build",), help="fetch the locked front-end files (source checkout)")
    common(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("verify", "list"), help="check the hash chain, or print it")
    common(parser)


def _warmup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeframe", nargs="+", action=_Words, default=None, help="default: 1h")
    parser.add_argument(
        "--sets", nargs="+", action=_Words, default=None, metavar="SET", help="compile only these (default: all in use)"
    )
    common(parser)


COMMANDS = (
    Command(
        "data",
        "import, list, verify, resample and judge candles",
        (
            "alphaplus data import BTCUSDT-1h.csv.gz --symbol BTCUSDT --timeframe 1h",
            "alphaplus data list",
            "alphaplus data resample --symbols BTCUSDT --timeframe 1h --to 4h,1d",
            "alphaplus data quality --symbols BTCUSDT",
        ),
        _data,
    ),
    Command(
        "features",
        "list, explain, check and compute features",
        ("alphaplus features list --set core", "alphaplus features check mine.py --data BTCUSDT-1h.csv.gz"),
        _features,
    ),
    Command(
        "patterns",
        "find chart figures, zones, candlesticks and entry points in stored bars, and how often they worked",
        (
            "alphaplus patterns scan --symbols BTCUSDT --timeframe 1h --scores",
            "alphaplus patterns show double_top",
        ),
        _patterns,
    ),
    Command(
        "volume",
        "what the volume of the newest bars says: score, patterns, nodes, order flow, and the models' view",
        ("alphaplus volume BTCUSDT --timeframe 1h", "alphaplus volume BTCUSDT ETHUSDT --json"),
        _volume,
    ),
    Command(
        "chart",
        "a chart of stored bars as PNG: candles, volume, average, and the patterns that you name",
        (
            "alphaplus chart -p BTCUSDT -i 1h --out chart.png",
            "alphaplus chart --symbols BTCUSDT --patterns figures smc --at 2022-03-01T12:00 --light",
        ),
        _chart,
    ),
    Command(
        "train_ml_model",
        "train one model or a grid of them with walk-forward validation and register them in staging",
        (
            "alphaplus train_ml_model --symbols BTCUSDT ETHUSDT --timeframe 1h --training-days 730",
            "alphaplus train --model-type LOGISTIC --prediction-horizon 1 --threshold 0",
            "alphaplus train --each --model-type LIGHTGBM,LOGISTIC --prediction-horizon 1,24 --dry-run",
        ),
        _train,
        aliases=("train",),
    ),
    Command(
        "tune",
        "search better parameters on purged folds, every trial counted; ends, and goes on, at any time",
        (
            "alphaplus tune --model-type LIGHTGBM --symbols BTCUSDT --trials 50 --minutes 30",
            "alphaplus tune --model-type LOGISTIC --prediction-horizon 1 --threshold 0 --features lean",
        ),
        _tune,
    ),
    Command(
        "evaluate_and_promote",
        "judge the newest candidate by the gates; promote it when it passes (exit code 3 when not)",
        ("alphaplus evaluate_and_promote --model-name technical_ml", "alphaplus evaluate_and_promote --dry-run --json"),
        _evaluate,
        aliases=("evaluate",),
    ),
    Command(
        "run_backtest",
        "backtest the decisions of the live pipeline",
        ("alphaplus run_backtest --symbols BTCUSDT", "alphaplus backtest --timerange 20220101- --export report"),
        _backtest,
        aliases=("backtest",),
    ),
    Command(
        "models",
        "the registry, and models that were trained elsewhere",
        (
            "alphaplus models list",
            "alphaplus models report 1",
            "alphaplus models import model.txt --columns rsi_14,atr_14_to_close --trained-to 2021-12-31 --threshold 0",
        ),
        _models,
    ),
    Command(
        "datasets",
        "what models learned from, and whether it can be had again",
        ("alphaplus datasets list", "alphaplus datasets repeat 3f9a"),
        _datasets,
    ),
    Command("replay", "replay stored bars through the live path", ("alphaplus replay --symbols BTCUSDT",), _replay),
    Command("serve", "the dashboard, the API and the admin", ("alphaplus serve --port 8000",), _serve),
    Command(
        "demo",
        "everything once, from candles to a promoted model or an honest refusal, then the dashboard",
        ("alphaplus demo", "alphaplus demo --data BTCUSDT-1h.csv.gz --timeframe 1h --no-serve"),
        _demo,
    ),
    Command("warmup", "compile the feature loops ahead of their first use", ("alphaplus warmup",), _warmup),
    Command("migrate", "make or upgrade the database", ("alphaplus migrate",), common),
    Command(
        "doctor", "check the installation and say what to do", ("alphaplus doctor", "alphaplus doctor --json"), common
    ),
    Command("audit", "the audit trail", ("alphaplus audit verify",), _audit),
    Command("assets", "the front-end files", ("alphaplus assets build",), _assets),
)


def find(name: str) -> Command | None:
    """The command that answers to `name` or to one of its aliases."""
    return next((command for command in COMMANDS if name == command.name or name in command.aliases), None)


def command_parser(command: Command, *, prog: str) -> Parser:
    """The parser of one command."""
    parser = Parser(
        prog=prog,
        description=command.purpose,
        epilog="examples:\n" + "\n".join(f"  {example}" for example in command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    return parser


def overview() -> str:
    """The help text of `alphaplus` itself."""
    width = max(len(command.name) for command in COMMANDS)
    lines = [f"  {command.name:<{width}}  {command.purpose}" for command in COMMANDS]
    aliases = ", ".join(f"{alias} = {command.name}" for command in COMMANDS for alias in command.aliases)
    return (
        "usage: alphaplus COMMAND [arguments]\n\n"
        "Machine-learning trading signals whose scores are honest.\n\n"
        "commands:\n" + "\n".join(lines) + f"\n\nalso: {aliases}\n\n"
        "`alphaplus COMMAND --help` tells more. State is kept under ALPHAPLUS_HOME (default ./var).\n"
        "exit codes: 0 ok, 1 failure, 2 usage, 3 gate not met, 4 data missing, 130 interrupted\n"
    )
