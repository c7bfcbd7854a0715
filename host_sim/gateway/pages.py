"""The pages that a customer's phone opens."""

from html import escape

from host_sim import english
from host_sim.gateway.reasons import REASONS

_STYLE = """
:root{--ink:#101418;--brand:#14213d;--paper:#f4f5f7;--good:#0b6b38;--bad:#a3221b}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:17px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header{background:var(--brand);color:#fff;padding:18px 20px;font-weight:600}
main{max-width:430px;margin:0 auto;padding:20px}
.card{background:#fff;border-radius:14px;padding:24px 20px;box-shadow:0 1px 4px #0002}
.amount{font-size:44px;font-weight:700;margin:4px 0 14px;letter-spacing:-.5px}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 16px;margin:0}
dt{color:#555f6b}dd{margin:0;text-align:right}
button{width:100%;padding:15px;border:0;border-radius:11px;font:inherit;font-weight:600;
margin-top:18px;background:var(--good);color:#fff}
button.quiet{background:#fff;color:var(--bad);border:1.5px solid var(--bad);margin-top:10px}
select{width:100%;padding:12px;font:inherit;border-radius:11px;border:1px solid #8a94a0;
background:#fff;margin-top:26px}
#carried{margin:22px 0 0}
.end{font-size:30px;font-weight:700;margin:0 0 8px}.paid{color:var(--good)}
.failed,.closed{color:var(--bad)}
"""


def _page(title: str, header: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<header>{escape(header)}</header><main><div class=card>{body}</div></main></html>"
    )


def _details(charge: dict) -> str:
    amount = escape(english.money(charge["amount"], charge["currency"]))
    return (
        f'<div class="amount">{amount}</div><dl>'
        f"<dt>Order</dt><dd>{escape(charge['order'])}</dd>"
        f"<dt>Register</dt><dd>{escape(charge['register'])}</dd></dl>"
    )


def charge_page(charge: dict) -> str:
    """An open charge, to be paid or declined."""
    options = "".join(
        f'<option value="{name}">{escape(words)}</option>' for name, words in REASONS.items()
    )
    place = f"/charges/{charge['attempt']}"
    forms = (
        f'<form method="post" action="{place}/pay"><button>Pay now</button></form>'
        f'<form method="post" action="{place}/decline">'
        f'<select name="reason" aria-label="Reason to decline">{options}</select>'
        '<button class="quiet">Decline</button></form>'
    )
    return _page("Pay", charge["shop"], _details(charge) + forms)


def ended_page(charge: dict, carried: str = "") -> str:
    """A charge that has ended; carried: what takes its receipt to the display."""
    words = {"paid": "Paid", "failed": "Not paid", "closed": "No longer valid"}[charge["state"]]
    more = REASONS.get(charge["reason"], "")
    if charge["state"] == "paid":
        more = f"Transaction {charge['transaction']}"
    if charge["state"] == "closed":
        more = "This code can't be paid any more. Please ask at the register."
    end = f'<p class="end {charge["state"]}">{words}</p><p>{escape(more)}</p>'
    return _page(words, charge["shop"], end + _details(charge) + carried)


def refused_page(why: str) -> str:
    """A code that is refused."""
    body = f'<p class="end failed">Do not pay</p><p>{escape(why)}</p>'
    return _page("Code refused", "Code refused", body)
