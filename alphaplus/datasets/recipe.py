"""The recipe of a chart picture: all that decides its pixels besides the bars; it is stored, the pixels are not."""

from dataclasses import dataclass, fields
from operator import index

from alphaplus.core.errors import ConfigError
from alphaplus.core.hashing import stable_hash

DRAWING = 1  # how pictures are drawn; counted up whenever the same recipe gives other pixels
SIZES = (16, 1024)  # pixels a side, least and most
GREY_UP_TO = 64  # pixels: smaller pictures have one channel where nothing is said
AVERAGES = 1000  # bars of the longest average
MOST_VOLUME = 0.5  # of the height


@dataclass(frozen=True, slots=True)
class Recipe:
    """How pictures are drawn.

    `size` pixels a side, `window` bars, at most one for each pixel; `channels` 1 (grey) or 3 (red, green, blue), by
    default 1 up to 64 pixels and 3 above. `average` is the number of bars of the moving average, `volume` the share of
    the height that the volume pane has; 0 leaves either out. `zones` says whether zones are drawn behind the candles.

    Raises ConfigError for what cannot be drawn.
    """

    size: int = 224
    window: int = 64
    channels: int | None = None
    average: int = 20
    volume: float = 0.2
    zones: bool = False

    def __post_init__(self) -> None:
        channels = (1 if self.size <= GREY_UP_TO else 3) if self.channels is None else self.channels
        object.__setattr__(self, "size", _whole("size", self.size, *SIZES))
        object.__setattr__(self, "window", _whole("window", self.window, 1, self.size))
        object.__setattr__(self, "average", _whole("average", self.average, 0, AVERAGES))
        object.__setattr__(self, "channels", _whole("channels", channels, 1, 3))
        object.__setattr__(self, "volume", float(self.volume))
        object.__setattr__(self, "zones", bool(self.zones))
        if self.channels == 2:
            raise ConfigError("a picture has no 2 channels", hint="1 is grey, 3 are red, green and blue")
        if not 0.0 <= self.volume <= MOST_VOLUME:
            raise ConfigError(f"the volume pane has {self.volume:g} of the height", hint=f"0 (none) to {MOST_VOLUME:g}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a picture."""
        return self.size, self.size, self.channels or 1

    @property
    def volume_rows(self) -> int:
        """Rows of pixels that the volume pane has."""
        return int(self.size * self.volume + 0.5)

    @property
    def hash(self) -> str:
        """The same for the same pixels: changes with every field and with the way of drawing."""
        return stable_hash({"drawing": DRAWING} | {field.name: getattr(self, field.name) for field in fields(self)})


def _whole(name: str, value: object, least: int, most: int) -> int:
    try:
        found = index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ConfigError(f"{name} is {value!r}", hint="a whole number") from None
    if not least <= found <= most:
        more = ", for a bar has at least one column of pixels" if name == "window" else ""
        raise ConfigError(f"{name} is {found}", hint=f"{least} to {most}{more}")
    return found
