"""The face: the panel's one task. It shows the screen of a state, and sends only what changed.

A screen's module, and what it draws with, is loaded to draw and then let go, so that it takes no
memory while a sale waits. A tick of the countdown is painted in place and takes no memory.
"""

import asyncio

from micropython import const

from tillqr.panel.picture import Clock, Picture
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.panel.painter import Painter
    from tillqr.panel.screens.common import Screen
    from tillqr.panel.st7789 import St7789
    from tillqr.panel.style import Style
    from tillqr.panel.view import View

_WORDS = "tillqr.panel.language"
_NOTICE = "tillqr.panel.screens.notice"
_MODULES = {
    "idle": "tillqr.panel.screens.idle",
    "cart": "tillqr.panel.screens.cart",
    "choose": "tillqr.panel.screens.choose",
    "qr": "tillqr.panel.screens.code",
    "tap": "tillqr.panel.screens.tap",
    "setup": "tillqr.panel.screens.setup",
}
"""The module of a state's screen; every other state has a notice."""
_SHARED = ("tillqr.panel.screens.common", "tillqr.panel.screens.layout")
_TRIES = const(25)
"""How often in a row a screen may find no memory."""
_AGAIN_MS = const(40)


def load_screen(state: str, view: "View") -> "Screen":
    """The screen of a state, from its module; the view gets the words to draw it with."""
    view.text = load(_WORDS).Language(view.language)
    name = _MODULES.get(state, _NOTICE)
    screens = load(name)
    return screens.NoticeScreen(state) if name == _NOTICE else screens.screen


class Face:
    """What the customer sees."""

    def __init__(
        self,
        panel: "St7789",
        painter: "Painter",
        style: "Style",
        view: "View",
        size: tuple,
        count: "Callable[[str], None]",
    ) -> None:
        """size: the panel's width and height; count(name) is told what went wrong."""
        self._panel = panel
        self._painter = painter
        self._style = style
        self.view = view
        """What the screens are told; `show` has them look again."""
        self.prepare: "Callable[[], None] | None" = None
        """Called before a screen is loaded, which takes as much memory, and never while one is
        sent: a symbol that is made in the place of another must not change under the painter."""
        self._shown = Picture(size[0], size[1])
        self._drawn = Picture(size[0], size[1])
        self._state = "starting"
        self._wanted = asyncio.Event()
        self._asleep = False
        self._busy = True
        self._behind = False
        self._tries = 0
        self._count = count
        self._clock_box = (0, 0, 0, 0)

    def show(self, state: str) -> None:
        """Show a state as the view has it now."""
        self._state = state
        self._wanted.set()

    def sleep(self) -> None:
        """Go dark until something is to be shown."""
        self._state = ""
        self._wanted.set()

    def tick(self, seconds: int) -> None:
        """The countdown shows another second."""
        self.view.clock.set(seconds)
        if self._busy:
            self._behind = True
        else:
            self._paint_clock()

    def owes(self) -> bool:
        """Whether there is anything to draw, or being drawn."""
        return self._busy or self._wanted.is_set()

    async def run(self) -> None:
        """Keep the panel showing what is wanted; for ever."""
        while True:
            await self._wanted.wait()
            await self.refresh()

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
        if not await self._listed():
            return
        for region in self._drawn.difference(self._shown):
            await self._painter.paint(self._drawn, region)
        self._shown, self._drawn = self._drawn, self._shown
        self._drawn.begin()  # what was shown takes no memory any more
        self._busy = False
        self._find_clock()
        await self._panel.fade(100)

    async def _listed(self) -> bool:
        """Draw, or try again later: what takes the memory that drawing needs lets go of it soon."""
        try:
            drawn = await self._draw()
        except MemoryError:
            if self._tries == _TRIES:
                raise
            self._tries += 1
            self._count("panel_no_memory")
            self._drawn.begin()
            self._let_go()
            self._wanted.set()
            await asyncio.sleep_ms(_AGAIN_MS)
            return False
        self._tries = 0
        return drawn

    async def _draw(self) -> bool:
        """List the state's screen; the loop gets a turn after each part.

        False if another state came before the screen's module was loaded: the view is that one's
        by then, and `run` draws it next.
        """
        if self.prepare is not None:
            self.prepare()
            await asyncio.sleep_ms(0)
        screen = load_screen(self._state, self.view)
        await asyncio.sleep_ms(0)
        fits = not self._wanted.is_set()
        if fits:
            screen.draw(self._drawn, self._style, self.view)
        del screen
        await asyncio.sleep_ms(0)
        self._let_go()
        await asyncio.sleep_ms(0)
        return fits

    def _let_go(self) -> None:
        """Forget what draws."""
        self.view.text = None  # type: ignore[assignment]
        unload(_WORDS, _NOTICE, *_SHARED, *_MODULES.values())

    def _find_clock(self) -> None:
        self._clock_box = (0, 0, 0, 0)
        for left, top, right, bottom, thing, _, _ in self._shown.marks:
            if isinstance(thing, Clock):
                self._clock_box = (left // 4 * 4, top, (right + 3) // 4 * 4, bottom)
        if self._behind:
            self._behind = False
            self._paint_clock()

    def _paint_clock(self) -> None:
        left, top, right, bottom = self._clock_box
        if right:
            self._painter.paint_now(self._shown, left, top, right, bottom)
