"""A small order system for the demo shop: python order_system.py --port 8081

It plays the company's own API that kefu.toml points to. Days are counted from today, so that the demo
never grows old; what is changed is kept until the program ends. LW-50000 takes 10 seconds, LW-50001
fails with 500, and any request does so when asked: ?slow=SECONDS, ?fail=STATUS."""

import argparse
import asyncio
import copy
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

RETURN_DAYS = 30
SLOW_ORDER, FAILING_ORDER = "LW-50000", "LW-50001"
SLOW_S = 10.0

Order = dict[str, Any]
Handler = Callable[[web.Request], Any]

ORDERS = web.AppKey("orders", dict[str, Order])
PRODUCTS = web.AppKey("products", dict[str, dict[str, Any]])
ANSWERED = web.AppKey("answered", dict[str, Order])
SLOW = web.AppKey("slow_s", float)
CLOCK: web.AppKey[Callable[[], date]] = web.AppKey("clock")


def days_from(today: date, n: int) -> date:
    """The day n days away. Nothing moves on Sundays: what will be is the Monday after, what was the Saturday before."""
    day = today + timedelta(n)
    if day.weekday() != 6:
        return day
    return day + timedelta(1 if n > 0 else -1)


def known_orders(today: date) -> dict[str, Order]:
    """The orders the shop knows, in every state there is."""

    def order(total: float, items: list[str], **fields: Any) -> Order:
        days = {key: days_from(today, n).isoformat() for key, n in fields.pop("days", {}).items()}
        refund = {"status": "none", **fields.pop("refund", {})}
        return {
            "total": f"{total:.2f} GBP",
            "items": items,
            "email": "s•••@example.com",
            "refund": refund,
            **days,
            **fields,
        }

    def van(total: float, items: list[str], **fields: Any) -> Order:
        return order(total, items, carrier="Larkwood Vans", tracking="larkwood.example/van", **fields)

    def parcel(total: float, items: list[str], **fields: Any) -> Order:
        return order(total, items, carrier="Royal Mail", tracking="RM 4417 2098 5GB", **fields)

    def refund(status: str, amount: float, **days: int) -> Order:
        return {"status": status, "amount": f"{amount:.2f} GBP"} | {
            key: days_from(today, n).isoformat() for key, n in days.items()
        }

    return {
        "LW-10020": parcel(38, ["Juniper mugs", "Fern plant pot"], status="processing", days={"dispatch_on": 1, "eta": 3}),
        "LW-10021": parcel(64, ["Pip lamp"], status="processing", days={"dispatch_on": 1, "eta": 3}),
        "LW-10022": van(1189, ["Fenwick sofa"], status="processing", days={"dispatch_on": 5, "eta": 8}),
        "LW-10023": parcel(128, ["Wren linen duvet set"], status="shipped", days={"shipped_on": -1, "eta": 1}),
        "LW-10024": van(749, ["Alder oak table"], status="shipped", days={"shipped_on": -2, "eta": 3}),
        "LW-10025": parcel(59, ["Dove pillow", "Dove pillow"], status="delivered", left_with="handed to a neighbour at 14", days={"delivered_on": -3}),
        "LW-10026": parcel(95, ["Ember cast-iron pot"], status="delivered", left_with="handed to the resident", days={"delivered_on": -45}),
        "LW-10027": van(329, ["Rowan bookcase"], status="shipped", is_delayed=True, delay_reason="the van had a breakdown near Exeter", days={"shipped_on": -4, "eta": 2}),
        "LW-10028": parcel(72, ["Heron wool throw"], status="shipped", days={"shipped_on": -9, "eta": -4, "give_up_on": 3}),
        "LW-10029": parcel(110, ["Sage dinner set"], status="cancelled", refund=refund("pending", 110, due_by=4)),
        "LW-10030": parcel(88, ["Kite knife set"], status="cancelled", refund=refund("paid", 88, paid_on=-2)),
        "LW-10031": van(459, ["Tilda armchair"], status="delivered", left_with="carried in", refund=refund("pending", 459, due_by=3), days={"delivered_on": -12}),
        "LW-10032": van(569, ["Birch bed frame"], status="processing", is_delayed=True, delay_reason="the slats came late from the workshop", days={"dispatch_on": 4, "eta": 6}),
        "LW-10033": parcel(140, ["Luna mirror"], status="delivered", left_with="left in the porch", days={"delivered_on": -1}),
        "LW-48213": parcel(103, ["Pip lamp", "Juniper mugs"], status="shipped", days={"shipped_on": 0, "eta": 2}),
        SLOW_ORDER: parcel(64, ["Pip lamp"], status="processing", days={"dispatch_on": 1, "eta": 3}),
    }  # fmt: skip


def described(number: str, order: Order, today: date) -> Order:
    """What the API says of an order: as stored, with what follows from today's date."""
    seen = {"is_delayed": False, **copy.deepcopy(order), "order_number": number}
    eta = date.fromisoformat(order["eta"]) if "eta" in order else None
    seen["is_overdue"] = order["status"] == "shipped" and eta is not None and eta < today
    seen["return_window"] = "not_started"
    if "delivered_on" in order:
        return_by = date.fromisoformat(order["delivered_on"]) + timedelta(RETURN_DAYS)
        seen |= {
            "return_by": return_by.isoformat(),
            "return_window": "open" if today <= return_by else "over",
        }
    return seen


async def get_order(request: web.Request) -> web.Response:
    number, order = find_order(request)
    return web.json_response(described(number, order, request.app[CLOCK]()))


async def get_refund(request: web.Request) -> web.Response:
    number, order = find_order(request)
    return web.json_response({"order_number": number, **order["refund"]})


async def cancel(request: web.Request) -> web.Response:
    """Cancel an order that has not left; again for a cancelled one, which changes nothing."""
    number, order = find_order(request)
    if order["status"] == "processing":
        due_by = days_from(request.app[CLOCK](), 5).isoformat()
        order["status"] = "cancelled"
        order["refund"] = {"status": "pending", "amount": order["total"], "due_by": due_by}
        order.pop("eta", None)
    elif order["status"] != "cancelled":
        return too_late(order)
    return web.json_response({"status": "cancelled", "order_number": number, "refund": order["refund"]})


async def change(request: web.Request) -> web.Response:
    return await note(request, "change", "changes")


async def address(request: web.Request) -> web.Response:
    return await note(request, "address", "addresses")


async def note(request: web.Request, field: str, kept_as: str) -> web.Response:
    """Write a wish down, while the order is still in the warehouse."""
    _, order = find_order(request)
    wish = await text_of(request, field)
    if order["status"] != "processing":
        return too_late(order)
    order.setdefault(kept_as, []).append(wish)
    return web.json_response({"status": "changed"})


async def delivery(request: web.Request) -> web.Response:
    """Move a delivery to another day: from the day after tomorrow, within six weeks, no Sundays."""
    _, order = find_order(request)
    wanted_text, today = await text_of(request, "date"), request.app[CLOCK]()
    first_day = days_from(today, 2)
    if order["status"] not in ("processing", "shipped"):
        return too_late(order)
    try:
        wanted = date.fromisoformat(wanted_text)
    except ValueError:
        return no_such_day(first_day, "I couldn't make a date of it")
    if wanted.weekday() == 6:
        return no_such_day(max(wanted + timedelta(1), first_day), "the vans don't run on Sundays")
    if wanted < first_day:
        return no_such_day(first_day, "that's too soon for the driver's round")
    if wanted > today + timedelta(42):
        return no_such_day(first_day, "we can keep an order for six weeks at most")
    order["eta"] = wanted.isoformat()
    return web.json_response({"status": "moved", "eta": order["eta"]})


async def return_label(request: web.Request) -> web.Response:
    number, order = find_order(request)
    seen = described(number, order, request.app[CLOCK]())
    if seen["return_window"] == "over":
        refusal = {"status": "window_over", "return_window": "over", "delivered_on": order["delivered_on"]}
        return web.json_response(refusal, status=409)
    return web.json_response(
        {"status": "sent", "email": order["email"], "return_window": seen["return_window"]}
    )


async def invoice(request: web.Request) -> web.Response:
    _, order = find_order(request)
    return web.json_response({"status": "sent", "email": order["email"]})


async def parts(request: web.Request) -> web.Response:
    """Send what was missing; a repeat with the same Idempotency-Key sends nothing more."""
    _, order = find_order(request)
    missing = await text_of(request, "missing")
    key, answered = request.headers.get("Idempotency-Key", ""), request.app[ANSWERED]
    if key and key in answered:
        return web.json_response(answered[key])
    order.setdefault("parts", []).append(missing)
    sent = {"status": "sent", "eta": days_from(request.app[CLOCK](), 3).isoformat()}
    if key:
        answered[key] = sent
    return web.json_response(sent)


async def get_product(request: web.Request) -> web.Response:
    """A product by its name, whole or in part: "Pip lamp", "pip"."""
    wanted = request.match_info["name"].strip().lower()
    products = request.app[PRODUCTS]
    matching = [name for name in products if wanted == name.lower()] or [
        name for name in products if wanted in name.lower()
    ]
    if not matching:
        raise web.HTTPNotFound(
            text=json.dumps({"error": f"no product {wanted!r}"}), content_type="application/json"
        )
    product = dict(products[matching[0]], name=matching[0], status="found")
    if weeks := product.pop("back_in_weeks", 0):
        product["back_on"] = days_from(request.app[CLOCK](), 7 * weeks).isoformat()
    return web.json_response({**product, "in_stock": not weeks})


def find_order(request: web.Request) -> tuple[str, Order]:
    number = request.match_info["number"].upper()
    if number not in request.app[ORDERS]:
        raise web.HTTPNotFound(
            text=json.dumps({"error": f"no order {number!r}"}), content_type="application/json"
        )
    return number, request.app[ORDERS][number]


async def text_of(request: web.Request, field: str) -> str:
    """A field of the JSON body that must hold a text."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    value = body.get(field) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value.strip():
        error = json.dumps({"error": f"{field} is {value!r}; wanted a text"})
        raise web.HTTPBadRequest(text=error, content_type="application/json")
    return value.strip()


def too_late(order: Order) -> web.Response:
    return web.json_response({"status": "too_late", "order_status": order["status"]}, status=409)


def no_such_day(first_day: date, reason: str) -> web.Response:
    body = {"status": "no_such_day", "reason": reason, "first_day": first_day.isoformat()}
    return web.json_response(body, status=409)


@web.middleware
async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Be slow or fail where the request, or its order number, asks for it."""
    number = request.match_info.get("number", "").upper()
    slow = request.query.get("slow", "")
    if number == SLOW_ORDER or slow:
        await asyncio.sleep(float(slow) if slow.replace(".", "", 1).isdigit() else request.app[SLOW])
    fail = request.query.get("fail", "")
    if number == FAILING_ORDER or fail:
        status = int(fail) if fail.isdigit() and 400 <= int(fail) < 600 else 500
        return web.json_response({"error": "as asked"}, status=status)
    response: web.StreamResponse = await handler(request)
    return response


def make_app(*, clock: Callable[[], date] = date.today, slow_s: float = SLOW_S) -> web.Application:
    """The service with fresh orders, counted from the day that `clock` says; `slow_s` is how long LW-50000 takes."""
    app = web.Application(middlewares=[misbehave])
    app[CLOCK] = clock
    app[ORDERS] = known_orders(clock())
    app[PRODUCTS] = json.loads((Path(__file__).parent / "products.json").read_text("utf-8"))
    app[ANSWERED] = {}
    app[SLOW] = slow_s
    app.add_routes(
        [
            web.get("/orders/{number}", get_order),
            web.get("/orders/{number}/refund", get_refund),
            web.post("/orders/{number}/cancel", cancel),
            web.post("/orders/{number}/change", change),
            web.post("/orders/{number}/address", address),
            web.patch("/orders/{number}/delivery", delivery),
            web.post("/orders/{number}/return-label", return_label),
            web.post("/orders/{number}/invoice", invoice),
            web.post("/orders/{number}/parts", parts),
            web.get("/products/{name}", get_product),
        ]
    )
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description="The demo shop's order system.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    options = parser.parse_args()
    web.run_app(make_app(), host=options.host, port=options.port, access_log=None)


if __name__ == "__main__":
    main()
