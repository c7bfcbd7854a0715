"""The part of an ended charge's page that takes the receipt to the display (PROTOCOL.md, 9): the
phone is in the shop's network, where the backend may not get to.

A script does it. Without one a button does, with a form of text/plain: its only field's name and
value, joined by the form's own "=", are the receipt with one more entry, which is ignored.
"""

import json
from html import escape

CARRY_PAUSES = (1, 2, 4, 8)
"""Seconds before each further try."""
_TIMEOUT_MS = 5000
_SCRIPT = """
(async () => {
  const receipt = document.getElementById("receipt");
  const state = document.getElementById("carried");
  const byHand = document.getElementById("by-hand");
  const say = (name, words, button) => {
    state.dataset.state = name; state.textContent = words; byHand.hidden = !button;
  };
  const post = () => fetch(receipt.dataset.to, {
    method: "POST", headers: {"Content-Type": "text/plain"}, body: receipt.textContent,
    credentials: "omit", signal: AbortSignal.timeout(TIMEOUT)});
  say("trying", "Telling the display ...", false);
  for (const pause of PAUSES) {
    await new Promise((done) => setTimeout(done, pause * 1000));
    try {
      const answer = await post();
      const error = answer.ok ? "" : (await answer.json()).error;
      if (answer.ok || error === "receipt_replayed")
        return say("taken", "The display knows.");
      if (answer.status < 500)
        return say("refused", "The display didn't take it. Please show this page at the register.");
    } catch {} // not reached, or not let: again
    say("trying", "The display doesn't answer. Trying again ...", true);
  }
  say("unreachable", "The display can't be reached. Please show this page at the register.", true);
})();
"""


def carried(receipt: dict, address: str, port: int) -> str:
    """What takes a receipt to the display at address and port."""
    place = f"http://{address}:{port}/result"
    pauses = json.dumps([0, *CARRY_PAUSES])
    script = _SCRIPT.replace("PAUSES", pauses).replace("TIMEOUT", str(_TIMEOUT_MS))
    return (
        '<p id="carried" role="status"></p>'
        f'<form id="by-hand" method="post" enctype="text/plain" action="{escape(place)}">'
        f"{_field(receipt)}<button class=quiet>Tell the display</button></form>"
        f'<script type="application/json" id="receipt" data-to="{escape(place)}">'
        f"{_in_script(receipt)}</script><script>{script}</script>"
    )


def _in_script(receipt: dict) -> str:
    """JSON that no HTML parser takes for markup, whatever the texts in it say."""
    body = json.dumps(receipt, separators=(",", ":"))
    for sign in "<>&":
        body = body.replace(sign, f"\\u{ord(sign):04x}")
    return body


def _field(receipt: dict) -> str:
    name, value = json.dumps({**receipt, "form": "="}, separators=(",", ":")).rsplit("=", 1)
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
