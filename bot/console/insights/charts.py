"""Charts as inline SVG: lines over days, bars, a heat map.

Places along x are percentages and texts have their own size, so that a chart is as wide as its column and its words
stay readable. Colours come from CSS classes; lines differ by dashes as well, cells by size and number."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 176  # of the plot, px
TOP = 22
FOOT = 24
MAX_LABELS = 7  # a week has one for each day
ROW = 26  # of the heat map
GUTTER = 9.0  # per cent at its left, for the days' names
LEVELS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A value, the one of the period before, and what both are called; None is a gap."""

    label: str
    value: float | None
    before: float | None
    told: str = ""


def line_chart(id: str, title: str, desc: str, points: Sequence[Point], *, is_share: bool = False) -> Markup:
    """A line, and a dashed one for the period before."""
    values = [value for point in points for value in (point.value, point.before) if value is not None]
    top = nice(max(values, default=0.0), is_share=is_share)
    parts = [_opening(id, title, desc, "lines", TOP + HEIGHT + FOOT)]
    for share in (0.0, 0.5, 1.0):
        y = TOP + HEIGHT * (1 - share)
        parts.append(
            Markup('<line class="grid" x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/>').format(y)
            + Markup('<text class="scale" x="0" y="{:.1f}">{}</text>').format(
                y - 4, _scale(top * share, is_share=is_share)
            )
        )
    parts.append(_curve([point.before for point in points], top, "before"))
    parts.append(_curve([point.value for point in points], top, "now"))
    parts += [_dot(number, point, len(points), top) for number, point in enumerate(points)]
    parts += _labels([point.label for point in points])
    return Markup("").join([*parts, Markup("</svg>")])


def bar(share: float | None, before: float | None = None) -> Markup:
    """A bar beside its number, with a mark where the period before was; shares of the widest, 0..1."""
    filled = f'<rect class="now" width="{100 * (share or 0):.1f}%" height="10" y="3" rx="3"/>'
    at = f"{100 * (before or 0):.1f}%"
    mark = f'<line class="before" x1="{at}" x2="{at}" y1="0" y2="16"/>' if before else ""
    return _drawn(f'<svg class="bar" width="100%" height="16" aria-hidden="true">{filled}{mark}</svg>')


def heat_map(
    id: str,
    title: str,
    desc: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[int]],
) -> Markup:
    """A square for each cell, larger where there is more, with the number in it."""
    most = max((value for line in values for value in line), default=0)
    width = (100 - GUTTER) / max(1, len(columns))
    parts = [_opening(id, title, desc, "heat", ROW * (len(rows) + 1))]
    for place, name in enumerate(rows):
        parts.append(
            Markup('<text class="scale" x="0" y="{:.1f}">{}</text>').format(ROW * (place + 0.5) + 4, name)
        )
        for column, value in enumerate(values[place]):
            parts.append(_cell(GUTTER + width * column, width, place, value, most))
    for column in range(0, len(columns), 3):
        parts.append(
            Markup('<text class="scale middle" x="{:.2f}%" y="{:.1f}">{}</text>').format(
                GUTTER + width * (column + 0.5), ROW * len(rows) + 15, columns[column]
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def nice(value: float, *, is_share: bool = False) -> float:
    """The end of a scale that has room for a value: 1, 2, 4, 5 or 10 times a power of ten."""
    if is_share:
        return next(end for end in (0.1, 0.2, 0.3, 0.5, 1.0) if value <= end)
    end = 2.0
    while True:
        for factor in (1.0, 2.0, 2.5, 4.0, 5.0):
            if value <= end * factor:
                return end * factor
        end *= 10


def short(number: float) -> str:
    """A count that fits into a corner: 940, 1.2k, 31k."""
    if number < 1000:
        return f"{number:g}"
    return f"{number / 1000:.1f}".removesuffix(".0") + "k" if number < 10_000 else f"{number / 1000:.0f}k"


def _scale(value: float, *, is_share: bool) -> str:
    return f"{100 * value:g} %" if is_share else short(value)


def _opening(id: str, title: str, desc: str, kind: str, height: int) -> Markup:
    return Markup(
        '<svg class="chart {kind}" width="100%" height="{height}" role="img" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{desc}</desc>'
    ).format(kind=kind, height=height, id=id, title=title, desc=desc)


def _at(number: int, n: int) -> float:
    """Where a point stands, per cent; one alone in the middle."""
    return 100 * number / (n - 1) if n > 1 else 50.0


def _y(value: float, top: float) -> float:
    return TOP + HEIGHT * (1 - value / top)


def _curve(values: Sequence[float | None], top: float, kind: str) -> Markup:
    """A path through the values, broken at gaps; it is stretched to the width, its stroke isn't."""
    steps, is_open = [], False
    for number, value in enumerate(values):
        if value is not None:
            x, y = 10 * _at(number, len(values)), HEIGHT * (1 - value / top)
            steps.append(f"{'L' if is_open else 'M'}{x:.1f} {y:.1f}")
        is_open = value is not None
    if len(steps) < 2:
        return Markup("")
    return Markup(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 1000 {}" preserveAspectRatio="none" overflow="visible">'
        '<path class="{}" d="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(TOP, HEIGHT, HEIGHT, kind, "".join(steps))


def _dot(number: int, point: Point, n: int, top: float) -> Markup:
    if point.value is None:
        return Markup("")
    kind = "dot" if n <= 31 else "dot far"
    place = f'cx="{_at(number, n):.2f}%" cy="{_y(point.value, top):.1f}"'
    return _drawn(
        f'<circle class="{kind}" {place} r="3"><title>{escape(point.told or point.label)}</title></circle>'
    )


def _labels(labels: Sequence[str]) -> list[Markup]:
    """Some of them below, evenly, the first and the last always."""
    n = len(labels)
    if not n:
        return []
    gaps = min(MAX_LABELS - 1, n - 1)
    shown = sorted({round(place * (n - 1) / gaps) for place in range(gaps + 1)}) if gaps else [0]
    anchors = {0: "first", n - 1: "last"} if n > 1 else {}
    # On a phone there is room for the first, the last and the one between.
    middle = shown[len(shown) // 2]
    return [
        Markup('<text class="scale {}" x="{:.2f}%" y="{}">{}</text>').format(
            anchors.get(number, "middle" if number == middle else "middle minor"),
            _at(number, n),
            TOP + HEIGHT + 17,
            labels[number],
        )
        for number in shown
    ]


def _cell(x: float, width: float, row: int, value: int, most: int) -> Markup:
    level = -(-LEVELS * value // most) if most else 0
    if not level:
        return _drawn(f'<circle class="none" cx="{x + width / 2:.2f}%" cy="{ROW * (row + 0.5):.1f}" r="1"/>')
    side = 0.5 + 0.1 * level  # of the cell
    left, top = x + width * (1 - side) / 2, ROW * (row + (1 - side) / 2)
    size = f'width="{width * side:.2f}%" height="{ROW * side:.1f}"'
    return _drawn(
        f'<rect class="level-{level}" x="{left:.2f}%" y="{top:.1f}" {size} rx="4"/><text class="n level-{level}" '
        f'x="{x + width / 2:.2f}%" y="{ROW * (row + 0.5) + 4:.1f}">{short(value)}</text>'
    )


def _drawn(svg: str) -> Markup:
    """SVG of numbers and of what was escaped: the hundreds of shapes of a page are several times as fast so."""
    return Markup(svg)  # noqa: S704 - the caller escapes
