"""An HTML page that needs nothing else: no script, no font, no request; dark and light, on paper and on a phone."""

from collections.abc import Sequence

NONE = "–"
MINUS = "\N{MINUS SIGN}"
STYLE = """
:root{color-scheme:light dark;--page:#f4f6f8;--panel:#fff;--line:#d5dbe3;--text:#16202c;--muted:#566375;--up:#00785f;
--down:#c0322b;--warn:#fff1cc;--warn-text:#5c4300}
@media (prefers-color-scheme:dark){:root{--page:#0d1219;--panel:#141b25;--line:#263142;--text:#e3e9f1;--muted:#94a3b8;
--up:#2fc39f;--down:#ff766d;--warn:#3d3010;--warn-text:#ffd87a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:16px;background:var(--page);color:var(--text);
font:14px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:20px;margin:0}h2{font-size:14px;margin:0 0 8px}p{margin:4px 0;color:var(--muted)}
.banner{background:var(--warn);color:var(--warn-text);border-radius:8px;padding:8px 12px;margin:10px 0;font-weight:600}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(165px,1fr));gap:8px;margin:12px 0;padding:0}
.figures div,section{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:9px 11px}
.figures dt,.figures dd.note{font-size:12px;color:var(--muted)}.figures dd{margin:0}
.figures dd.value{font-size:18px;font-weight:650}
section{margin:0 0 12px}.scroll{overflow:auto;max-height:420px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:3px 7px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{color:var(--muted);font-weight:500;background:var(--panel)}thead th{position:sticky;top:0}
th[scope=row],td.word,th.word{text-align:left}
.up{color:var(--up)}.down{color:var(--down)}
svg{width:100%;height:auto;display:block;overflow:visible}svg text{fill:var(--muted);font-size:12px}
.grid{stroke:var(--line);stroke-width:1}
.key{display:flex;gap:16px;flex-wrap:wrap;font-size:12px}
@media (max-width:600px){body{padding:10px}.figures{grid-template-columns:1fr 1fr}svg text{font-size:21px}}
@media print{.scroll{max-height:none;overflow:visible}}
"""


def page(title: str, body: str, *, style: str = "") -> str:
    """The whole page; `title` and `body` are HTML, `style` is CSS besides what every page has."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">'
        f'<link rel="icon" href="data:,"><title>{title}</title><style>{STYLE}{style}</style></head><body><main>'
        f"{body}</main></body></html>"
    )


def figures(cards: list[tuple[str, str, str]]) -> str:
    """Key figures: name, value, and what qualifies it, each HTML."""
    items = "".join(
        f'<div><dt>{name}</dt><dd class="value">{value}</dd><dd class="note">{note}</dd></div>'
        for name, value, note in cards
    )
    return f'<dl class="figures">{items}</dl>'


def table(columns: Sequence[str], rows: str) -> str:
    """A table of `rows` (HTML) under the names of its columns; ">" before a name puts it to the right, over figures."""
    head = "".join(
        f'<th scope="col">{name[1:]}</th>' if name.startswith(">") else f'<th scope="col" class="word">{name}</th>'
        for name in columns
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def scrolled(label: str, table: str) -> str:
    """A table in a frame of its own, which scrolls where the screen is too small."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def number(value: float | None, digits: int = 2) -> str:
    """`1,234.50` with a true minus, none before what rounds to zero, or a dash."""
    return NONE if value is None else f"{value:z,.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 1) -> str:
    """A ratio as `12.3 %`, or a dash."""
    return NONE if value is None else f"{number(100 * value, digits)} %"


def signed(value: float, digits: int) -> str:
    """A number with its sign, a true minus."""
    return f"{value:+,.{digits}f}".replace("-", MINUS)
