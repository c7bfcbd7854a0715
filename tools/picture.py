"""Make the README's picture: the screens of one sale side by side (docs/display.png).

`make picture`; it takes the PNGs that the last `make sale` left in build/sale.
"""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
_GAP = 16
_GROUND = (226, 229, 233)


def main() -> int:
    """Write docs/display.png."""
    screens = [Image.open(path) for path in sorted((ROOT / "build" / "sale").glob("*.png"))]
    if not screens:
        print("picture: there are no screens; run `make sale` first", file=sys.stderr)
        return 1
    width = sum(screen.width + _GAP for screen in screens) + _GAP
    height = max(screen.height for screen in screens) + 2 * _GAP
    picture = Image.new("RGB", (width, height), _GROUND)
    x = _GAP
    for screen in screens:
        picture.paste(screen, (x, _GAP))
        x += screen.width + _GAP
    target = ROOT / "docs" / "display.png"
    target.parent.mkdir(exist_ok=True)
    picture.quantize(64).save(target, optimize=True)
    print(f"wrote {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
