"""The paper a chart is drawn on: its colours, its scales, and text, lines and shades on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

FINE = 3  # lines are drawn so many times larger and scaled down, which smooths them
SMALL = 0.85  # units of the text over candles
BEHIND_TEXT = 0.6  # of the ground's colour, so that it can be read there

Point = tuple[float, float]
Color = str


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours, those of the dashboard."""

    ground: Color
    grid: Color
    rule: Color
    text: Color
    muted: Color
    up: Color
    down: Color
    accent: Color
    on_accent: Color
    amber: Color
    average: Color


DARK = Theme(
    ground="#0c1017",
    grid="#19212d",
    rule="#4a586f",
    text="#d7dee9",
    muted="#8b99ae",
    up="#2bb3a3",
    down="#f2707b",
    accent="#5aa9ff",
    on_accent="#06121f",
    amber="#ffb454",
    average="#c79a5c",
)
LIGHT = Theme(
    ground="#ffffff",
    grid="#eef1f5",
    rule="#9aa5b4",
    text="#17202c",
    muted="#556172",
    up="#08736a",
    down="#bf2637",
    accent="#0f5fb8",
    on_accent="#ffffff",
    amber="#8a5300",
    average="#b98a4e",
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels, its right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    def meets(self, other: "Box") -> bool:
        """Whether the two have a pixel in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow, so that no machine draws another one."""
    return ImageFont.load_default(size)


@dataclass(slots=True)
class Plot:
    """A picture with a price pane: bars `first` to `last` across, prices `low` to `high` up."""

    image: Image.Image
    theme: Theme
    unit: int
    pane: Box
    first: int
    last: int
    low: float
    high: float
    taken: list[Box] = field(default_factory=list)

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """The pen."""
        return ImageDraw.Draw(self.image)

    @property
    def cell(self) -> float:
        """Pixels a bar, in parts as well; candles are drawn on whole ones."""
        return self.pane.width / (self.last - self.first + 1)

    def x(self, place: float) -> float:
        """The middle of a bar; the last one stands at the right edge."""
        return self.pane.right - (self.last - place + 0.5) * self.cell

    def y(self, price: float) -> float:
        """The height of a price, not far outside the pane at most."""
        share = (self.high - price) / (self.high - self.low)
        return self.pane.top + min(max(share, -1.0), 2.0) * (self.pane.height - 1)

    def size(self, times: float) -> int:
        """A length in pixels, as so many units."""
        return max(round(self.unit * times), 1)

    def width_of(self, text: str, times: float = 1.0) -> int:
        """How wide a text is."""
        return int(font(self.size(times)).getlength(text) + 0.5)

    def text(self, at: Point, text: str, color: Color, *, times: float = 1.0, anchor: str = "lm") -> None:
        """Write at a point; the anchor is Pillow's."""
        self.draw.text(at, text, fill=color, font=font(self.size(times)), anchor=anchor)

    def label(self, at: Point, text: str, color: Color) -> None:
        """Write a small name with its left middle at a point, inside the pane and only where no other one stands."""
        wide, high = self.width_of(text, SMALL), self.size(SMALL * 1.15)
        left = int(min(max(at[0], self.pane.left), self.pane.right - wide - 2))
        top = int(min(max(at[1] - high / 2, self.pane.top), self.pane.bottom - high))
        box = Box(left - 3, top, left + wide + 3, top + high)
        if any(box.meets(other) for other in self.taken):
            return
        self.taken.append(box)
        self.shade(box, self.theme.ground, BEHIND_TEXT)
        self.text((left, top + high / 2), text, color, times=SMALL)

    def lines(self, paths: Sequence[Sequence[Point]], color: Color, *, width: float) -> None:
        """Draw smooth lines through points of the picture, cut off at the edges of the pane."""
        pane = self.pane
        mask = Image.new("L", (pane.width * FINE, pane.height * FINE))
        pen = ImageDraw.Draw(mask)
        for path in paths:
            points = [((x - pane.left + 0.5) * FINE, (y - pane.top + 0.5) * FINE) for x, y in path]
            pen.line(points, fill=255, width=max(round(width * FINE), 1), joint="curve")
        self.image.paste(color, (pane.left, pane.top), mask.reduce(FINE))

    def shade(self, box: Box, color: Color, share: float) -> None:
        """Lay a colour over a part of the pane, as a share of it."""
        pane = self.pane
        left, right = max(box.left, pane.left), min(box.right, pane.right)
        top, bottom = max(box.top, pane.top), min(max(box.bottom, box.top + 1), pane.bottom)
        if left < right and top < bottom:
            mask = Image.new("L", (right - left, bottom - top), round(255 * share))
            self.image.paste(color, (left, top), mask)

    def dashes(self, y: float, left: float, color: Color, *, width: int) -> None:
        """A broken flat line from `left` to the right edge of the pane."""
        step, pen, row = self.size(0.5), self.draw, round(y)
        for x in range(int(max(left, self.pane.left)), self.pane.right, 2 * step):
            pen.rectangle((x, row, min(x + step, self.pane.right - 1), row + width - 1), fill=color)
