"""The set-up page: GET / shows the form, POST / checks the PIN and stores the rest.

The form's module, and those that store, are there one after the other: memory is short.
"""

from micropython import const

from tillqr.net import http
from tillqr.setup import gate
from tillqr.unload import unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

_FORM = b"application/x-www-form-urlencoded"


class SetupPage:
    """Takes what a form says, from whoever knows the PIN."""

    def __init__(
        self,
        state: gate.GateState,
        random: "Callable[[int], bytes]",
        store: "Callable[[dict], str]",
        languages: "list[str]",
        count: "Callable[[str], None]",
    ) -> None:
        """store(document) stores one: "", or what is wrong with it; it raises OSError."""
        self._state = state
        self._random = random
        self._store = store
        self._languages = languages
        self._count = count

    def answer(
        self, request: http.Message, now: int, reason: str, known: dict
    ) -> "tuple[int, list[bytes]]":
        """Status and HTML for a request; raises http.HttpError.

        reason: what the board lacks; known: the settings that are there.
        """
        method, path, _ = request.first
        if path != b"/":
            raise http.HttpError(404, "no_such_path")
        if method == b"GET":
            return 200, self._form(reason, known)
        if method != b"POST":
            raise http.HttpError(405, "wrong_method")
        if request.length < 0:
            raise http.HttpError(411, "no_length")
        if request.media_type != _FORM:
            raise http.HttpError(415, "malformed")
        fields = _parsed(request.body)
        unload("tillqr.setup.form")
        return self._take(fields, now)

    def _form(self, notice: str, values: "dict[str, str]") -> "list[bytes]":
        from tillqr.setup import form

        return form.page(notice, values, self._languages)

    def _take(self, fields: "dict[str, str]", now: int) -> "tuple[int, list[bytes]]":
        """Store a form, if it has the PIN."""
        pin = fields.pop("pin", "").strip()
        password = fields.pop("wifi_password", "")
        wait = gate.wait_ms(self._state, now)
        if not wait and not gate.opens(self._state, pin, now, self._random):
            self._count("setup_wrong_pin")
            wait = gate.wait_ms(self._state, now)
            if not wait:
                return 403, self._form("This is not the PIN.", fields)
        if wait:
            words = "Too many wrong PINs. The display shows a new one; it counts in {} seconds."
            return 429, self._form(words.format((wait + 999) // 1000), fields)
        try:
            wrong = self._store({"settings": fields, "secrets": {"wifi_password": password}})
        except OSError:
            return 500, _message("The display could not store it. Try again.")
        if wrong:
            return 400, self._form(wrong, fields)
        return 200, _message("Saved. The display starts again, and says if it lacks more.")


def _parsed(body: bytes) -> "dict[str, str]":
    from tillqr.setup import form

    try:
        return form.parse(body)
    except ValueError:
        raise http.HttpError(400, "malformed") from None


def _message(words: str) -> "list[bytes]":
    from tillqr.setup import form

    return form.message(words)
