"""The face: the panel's one task. It shows the screen of a state, and sends only what changed.

What lists a screen is loaded for that and let go, and then what makes its pixels: the two are not
in memory at once, and none of it is while a sale waits. Only where something changes in place every
second the painter and the fonts stay: a countdown takes no memory then.
"""

import asyncio

from micropython import const

from tillqr.panel.marks import Marks, Moving
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.panel.glyph_store import GlyphStore
    from tillqr.panel.painter import Painter
    from tillqr.panel.screens.common import Screen
    from tillqr.panel.st7789 import St7789
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_DRAWING = "tillqr.panel.drawing"
_DIFFERENCE = "tillqr.panel.difference"
_STYLE = "tillqr.panel.style"
_PAINTER = "tillqr.panel.painter"
_FONT = "tillqr.panel.font"
_TICKING = ("qr", "tap")
_LANGUAGE = "tillqr.panel.language"
_NOTICE = "tillqr.panel.screens.notice"
_NOTICE_WORDS = "tillqr.panel.screens.notice_words"
_PARTS = "tillqr.panel.screens.parts"
_MODULES = {
    "idle": "tillqr.panel.screens.idle",
    "cart": "tillqr.panel.screens.cart",
    "choose": "tillqr.panel.screens.choose",
    "qr": "tillqr.panel.screens.code",
    "tap": "tillqr.panel.screens.tap",
    "setup": "tillqr.panel.screens.setup",
}
"""The module of a state's screen; every other state has a notice."""
_TRIES = const(25)
"""How often in a row a screen may find no memory."""
_AGAIN_MS = const(40)
_WAIT_MS = const(20)
_MOST_WAITS = const(100)


def forget_words(view: "View") -> None:
    """Let go of the language's words."""
    view.text = None  # type: ignore[assignment]
    unload(_LANGUAGE, _NOTICE_WORDS)


def load_screen(
    state: str, view: "View", forget: "Callable[[View], None]" = forget_words
) -> "Screen":
    """The screen of a state, from its module; the view has the words as long as it needs them,
    which may be until it is drawn: then forget(view) lets go of them."""
    view.text = load(_LANGUAGE).Language(view.language)
    if state in _MODULES:
        screen = load(_MODULES[state]).make(view)
        if screen.has_words:
            forget(view)
        return screen
    words = load(_NOTICE_WORDS).read(state, view)
    forget(view)  # before the screen's module comes
    return load(_NOTICE).NoticeScreen(*words)


async def _while(goes_on: "Callable[[], bool]") -> None:
    """Wait as long as something goes on, two seconds at most."""
    for _ in range(_MOST_WAITS):
        if not goes_on():
            break
        await asyncio.sleep_ms(_WAIT_MS)


class Face:
    """What the customer sees."""

    def __init__(
        self,
        panel: "St7789",
        file: "GlyphStore",
        look: "tuple[str, bool]",
        view: "View",
        size: tuple,
        count: "Callable[[str], None]",
    ) -> None:
        """look: the theme, and whether texts are large; size: the panel's width and height;
        count(name) is told what went wrong."""
        self._panel = panel
        self._file = file
        self._look = look
        self._style: "Style | None" = None
        self._painter: "Painter | None" = None
        self.view = view
        """What the screens are told; `show` has them look again."""
        self.prepare: "Callable[[], None] | None" = None
        """Called before a screen is loaded, which takes as much memory, and never while one is
        sent: a symbol that is made in the place of another must not change under the painter."""
        self._size = size
        self._shown = Marks([], [])
        self._state = "starting"
        self._wanted = asyncio.Event()
        self._asleep = False
        self._busy = True
        self._held = False
        self._behind = False
        self._tries = 0
        self._count = count
        self._box = (0, 0, 0, 0)
        """Where what moves is."""

    def show(self, state: str) -> None:
        """Show a state as the view has it now."""
        self._state = state
        self._wanted.set()

    def sleep(self) -> None:
        """Go dark until something is to be shown."""
        self._state = ""
        self._wanted.set()

    def tick(self, seconds: int) -> None:
        """What moves shows another second."""
        self.view.clock.set(seconds)
        self.view.sign.set(seconds)
        if self._busy:
            self._behind = True
        else:
            self._paint_moving()

    def owes(self) -> bool:
        """Whether there is anything to draw, or being drawn."""
        return self._busy or self._wanted.is_set()

    async def hold(self) -> None:
        """Draw nothing until `release`: what is wanted meanwhile waits, two seconds at most. Waits,
        as long at most, for what is being drawn."""
        await _while(self.owes)
        if not self.owes():
            self._put_fonts_away()
        self._held = True

    def release(self) -> None:
        """Draw again."""
        self._held = False
        if self._state in _TICKING and self._painter is None:
            self._wanted.set()

    async def run(self) -> None:
        """Keep the panel showing what is wanted; for ever."""
        while True:
            await self._wanted.wait()
            await _while(self._is_held)
            await self.refresh()

    def _is_held(self) -> bool:
        return self._held

    async def start(self) -> None:
        """Switch the panel on and show the first screen."""
        await self._panel.start()
        await self.refresh()

    async def refresh(self) -> None:
        """Draw the state's screen, send what differs from what is shown, and light the panel."""
        self._wanted.clear()
        if not self._state:
            await self._panel.sleep()
            self._asleep = True
            return
        if self._asleep:
            self._asleep = False
            await self._panel.wake()
        self._busy = True
        try:
            drawn = await self._drawn()
        except MemoryError:  # what takes the memory that this needs lets go of it soon
            if self._tries == _TRIES:
                raise
            await self._put_off()
            return
        self._tries = 0
        if not drawn:
            return
        self._busy = False
        self._find_moving()
        if self._state not in _TICKING:
            self._put_fonts_away()
        await self._panel.fade(100)

    async def _put_off(self) -> None:
        """Have it drawn again a little later."""
        self._tries += 1
        self._count("panel_no_memory")
        self._let_go()
        self._wanted.set()
        await asyncio.sleep_ms(_AGAIN_MS)

    async def _drawn(self) -> bool:
        """Draw the state's screen and send what differs; False as `_draw` is None."""
        listed = await self._draw()
        if listed is None:
            return False
        drawn, regions = listed
        self._shown = Marks([], [])  # what that is isn't known until all is sent
        for region in regions:
            await self._take_painter().paint(drawn, region)
        if self._state in _TICKING:
            self._take_painter()  # a tick must not find that there is no memory for it
        self._shown = drawn
        return True

    async def _draw(self) -> "tuple[Marks, list] | None":
        """List the state's screen: its marks, and the regions in which they are others than those
        that are shown. The loop gets a turn after each part.

        None if another state came before the screen's module was loaded: the view is that one's
        by then, and `run` draws it next.
        """
        if self.prepare is not None:
            self.prepare()
            await asyncio.sleep_ms(0)
        self._put_painter_away()
        style = self._take_style()
        await asyncio.sleep_ms(0)
        screen = load_screen(self._state, self.view)
        await asyncio.sleep_ms(0)
        drawn = None
        if not self._wanted.is_set():
            drawn = load(_DRAWING).list_marks(screen, style, self.view, self._size)
        del screen
        await asyncio.sleep_ms(0)
        self._let_go()
        await asyncio.sleep_ms(0)
        if drawn is None:
            return None
        regions = load(_DIFFERENCE).regions(drawn, self._shown, self._size)
        unload(_DIFFERENCE)
        await asyncio.sleep_ms(0)
        return drawn, regions

    def _let_go(self) -> None:
        """Forget what lists a screen."""
        forget_words(self.view)
        unload(_NOTICE, *_MODULES.values(), _PARTS, _DRAWING, _DIFFERENCE)

    def _find_moving(self) -> None:
        self._box = (0, 0, 0, 0)
        for left, top, right, bottom, thing, _, _ in self._shown.marks:
            if isinstance(thing, Moving):
                self._box = (left // 4 * 4, top, (right + 3) // 4 * 4, bottom)
        if self._behind:
            self._behind = False
            self._paint_moving()

    def _paint_moving(self) -> None:
        left, top, right, bottom = self._box
        if not right or self._painter is None:
            return  # another screen comes
        try:
            self._painter.paint_now(self._shown, left, top, right, bottom)
        except MemoryError:  # a sign's next picture comes from the file; its next second comes soon
            self._count("panel_no_memory")

    def _take_style(self) -> "Style":
        if self._style is None:
            self._style = load(_STYLE).make_style(self._file, *self._look)
            unload(_STYLE)
        return self._style

    def _take_painter(self) -> "Painter":
        if self._painter is None:
            fonts = self._take_style().fonts
            make = load(_PAINTER).Painter
            self._painter = make(self._panel, self._size[0], self._file.glyphs, fonts)
        return self._painter

    def _put_painter_away(self) -> None:
        self._painter = None
        unload(_PAINTER)

    def _put_fonts_away(self) -> None:
        """Let go of all that painting needs."""
        self._painter = self._style = None
        unload(_PAINTER, _FONT)
