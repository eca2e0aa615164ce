"""The demo shop's workspace is whole: answers, settings, rules, articles, order system, regression cases."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from ruamel.yaml import YAML

from bot.dialogue.forms import Act, AskSlot, Give, next_step
from bot.settings import load_settings
from nlu.rule_files import load_rules
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook, render, say
from retrieval.articles import load_articles
from retrieval.templates import names_in

SHOP = Path(__file__).parent.parent / "examples" / "shop"
TODAY = date(2026, 3, 11)  # a Wednesday
INTENTS = {
    "greeting", "thanks", "goodbye", "talk_to_person", "order_status", "delivery_late",
    "delivery_not_received", "change_order", "cancel_order", "change_address", "change_delivery_date",
    "return_request", "return_label", "refund_request", "refund_status", "item_damaged", "item_wrong",
    "item_missing", "product_info", "product_care", "product_availability", "assembly_help",
    "shipping_options", "payment_problem", "discount_code", "invoice_request", "warranty_claim",
    "account_login",
}  # fmt: skip
ANSWERS = {
    "greeting", "thanks", "goodbye", "handover", "order_status_processing", "order_status_shipped",
    "order_status_delivered", "order_not_found", "delivery_late_moving", "delivery_late_overdue",
    "not_received_check", "change_order_open", "change_order_too_late", "cancel_order_done",
    "cancel_order_too_late", "change_address_done", "change_address_too_late", "change_delivery_date",
    "return_how_to", "return_window_over", "return_label_sent", "refund_how", "refund_status_pending",
    "refund_status_paid", "refund_status_none", "damaged_report", "wrong_item", "missing_parts",
    "product_info", "product_care", "availability", "assembly", "shipping_costs", "shipping_abroad",
    "payment_declined", "payment_twice", "discount_code", "invoice_sent", "warranty_claim",
    "password_reset",
}  # fmt: skip
SLOTS = {
    "order_number": "LW-10021", "product": "Pip lamp", "change": "two mugs fewer", "new_address": "1 Oak Road, BS6 5QT",
    "delivery_date": "2026-03-20", "missing": "bolt F",
}  # fmt: skip


@pytest.fixture(scope="module")
def book() -> AnswerBook:
    return load_answers(SHOP / "answers")


@pytest.fixture
async def api(service: ModuleType) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(service.make_app(clock=lambda: TODAY, slow_s=0.01))) as client:
        yield client


def context(**known: object) -> dict[str, object]:
    return {"channel": "web", "customer": "", "is_open": True, "language": "en", **known}


async def call(api: TestClient[Any, Any], name: str, slots: dict[str, str]) -> dict[str, Any]:
    """What the engine does with an action: the JSON, with status "not_found" for a 404."""
    action = load_settings(SHOP).actions[name]
    path = action.url.removeprefix("http://127.0.0.1:8081")
    for slot, value in slots.items():
        path = path.replace("{{ " + slot + " }}", value)
    body = {field: slots[text.strip("{} ")] for field, text in action.body.items()}
    async with api.request(action.method, path, json=body or None) as response:
        assert response.status in (200, 404, 409)
        return {**await response.json(), **({"status": "not_found"} if response.status == 404 else {})}


async def answered(
    api: TestClient[Any, Any], book: AnswerBook, intent: str, slots: dict[str, str]
) -> tuple[str, list[str]]:
    """The answer an intent leads to, with all its variants rendered."""
    known = context(**slots)
    step = next_step(book.of_intent(intent), known)
    if isinstance(step, Act):
        known["result"] = await call(api, step.answer.action or "", slots)
        step = next_step(book.of_intent(intent), known)
    assert isinstance(step, Give), step
    answer, texts = step.answer, []
    for language, templates in answer.variants.by_language.items():
        texts += [render(answer, known, language=language or "en", seed=n) for n in range(len(templates))]
    return answer.id, texts


def test_there_is_an_answer_for_every_intent_in_two_variants_or_more(book: AnswerBook) -> None:
    assert {answer.id for answer in book.answers} == ANSWERS
    assert set(book.intents) == INTENTS
    for answer in book.answers:
        assert all(len(variants) >= 2 for variants in answer.variants.by_language.values()), answer.id


def test_who_writes_chinese_is_told_everything_in_chinese(book: AnswerBook) -> None:
    for answer in book.answers:
        asked = [slot.ask for slot in answer.slots] + ([answer.confirm] if answer.confirm else [])
        for phrasing in (answer.variants, *asked, *(button.label for button in answer.buttons)):
            assert "zh" in phrasing.by_language, (answer.id, phrasing)


def test_actions_and_slots_fit_the_settings_and_the_entities(book: AnswerBook) -> None:
    settings = load_settings(SHOP)
    assert set(book.actions) == set(settings.actions)
    labels = {"text", *load_rules(SHOP / "entities.yaml").labels}
    assert len(labels) == 9
    for answer in book.answers:
        assert {slot.entity for slot in answer.slots} <= labels
        if answer.action:
            action = settings.actions[answer.action]
            used = names_in(action.url).union(*map(names_in, action.body.values()))
            assert used == {slot.name for slot in answer.slots}, answer.id


def test_articles_give_passages_of_a_readable_length() -> None:
    files = sorted((SHOP / "knowledge").glob("*.md"))
    assert len(files) == 12
    assert all(150 <= len(path.read_text("utf-8").split()) <= 350 for path in files)
    passages = load_articles(SHOP / "knowledge")
    assert len(passages) >= 60
    assert all(20 <= len(passage.text) <= 1200 for passage in passages)


def test_regression_cases_name_what_exists(book: AnswerBook) -> None:
    cases = YAML(typ="safe").load(SHOP / "regression.yaml")
    assert len(cases) == 40
    assert len({case["message"] for case in cases}) == 40
    for case in cases:
        assert set(case) - {"slot"} == {"message", "decision", "answer"}, case
        assert case["decision"] in ("answer", "ask", "clarify", "hand_over")
        assert case["answer"] is None or book.get(case["answer"])
        assert (case["decision"] in ("ask", "clarify")) == (case["answer"] is None), case


@pytest.mark.parametrize(
    ("intent", "slots", "answer_id", "said"),
    [
        ("order_status", {"order_number": "LW-10021"}, "order_status_processing", "Thursday 12 March"),
        ("order_status", {"order_number": "lw-10023"}, "order_status_shipped", "Thursday 12 March"),
        ("order_status", {"order_number": "LW-10027"}, "order_status_shipped", "breakdown"),
        ("order_status", {"order_number": "LW-10028"}, "delivery_late_overdue", "sorry"),
        ("order_status", {"order_number": "LW-10025"}, "order_status_delivered", "neighbour"),
        ("order_status", {"order_number": "LW-10030"}, "refund_status_paid", "£88.00"),
        ("order_status", {"order_number": "LW-50000"}, "order_status_processing", "LW-50000"),
        ("order_status", {"order_number": "LW-99999"}, "order_not_found", "LW-99999"),
        ("delivery_late", {"order_number": "LW-10028"}, "delivery_late_overdue", "Saturday 7 March"),
        ("delivery_late", {"order_number": "LW-10032"}, "delivery_late_moving", "slats"),
        ("delivery_late", {"order_number": "LW-10025"}, "order_status_delivered", "neighbour"),
        ("delivery_late", {"order_number": "LW-10029"}, "refund_status_pending", "£110.00"),
        ("delivery_not_received", {"order_number": "LW-10033"}, "not_received_check", "porch"),
        ("delivery_not_received", {"order_number": "LW-10024"}, "order_status_shipped", "LW-10024"),
        ("change_order", {"order_number": "LW-10021", "change": "x"}, "change_order_open", "LW-10021"),
        ("change_order", {"order_number": "LW-10023", "change": "x"}, "change_order_too_late", "shipped"),
        ("cancel_order", {"order_number": "LW-10021"}, "cancel_order_done", "£64.00"),
        ("cancel_order", {"order_number": "LW-10023"}, "cancel_order_too_late", "shipped"),
        ("cancel_order", {"order_number": "LW-99999"}, "order_not_found", "LW-99999"),
        ("change_address", {"order_number": "LW-10022", "new_address": "1 Oak Road"}, "change_address_done", "1 Oak Road"),
        ("change_address", {"order_number": "LW-10024", "new_address": "1 Oak Road"}, "change_address_too_late", "shipped"),
        ("change_delivery_date", {"order_number": "LW-10024", "delivery_date": "2026-03-20"}, "change_delivery_date", "Friday 20 March"),
        ("change_delivery_date", {"order_number": "LW-10024", "delivery_date": "2026-03-22"}, "change_delivery_date", "Sundays"),
        ("change_delivery_date", {"order_number": "LW-10025", "delivery_date": "2026-03-20"}, "change_delivery_date", "delivered"),
        ("return_request", {}, "return_how_to", "30 days"),
        ("return_request", {"order_number": "LW-10025"}, "return_how_to", "LW-10025"),
        ("return_request", {"order_number": "LW-10026"}, "return_window_over", "30 days"),
        ("return_label", {"order_number": "LW-10025"}, "return_label_sent", "@example.com"),
        ("return_label", {"order_number": "LW-10026"}, "return_window_over", "LW-10026"),
        ("refund_status", {"order_number": "LW-10031"}, "refund_status_pending", "£459.00"),
        ("refund_status", {"order_number": "LW-10023"}, "refund_status_none", "LW-10023"),
        ("item_missing", {"order_number": "LW-10031", "missing": "bolt F"}, "missing_parts", "LW-10031"),
        ("item_missing", {"order_number": "LW-99999", "missing": "bolt F"}, "order_not_found", "LW-99999"),
        ("product_info", {"product": "Alder oak table"}, "product_info", "180 x 90"),
        ("product_availability", {"product": "Rowan bookcase"}, "availability", "Wednesday 1 April"),
        ("product_availability", {"product": "Pip lamp"}, "availability", "£64.00"),
        ("product_care", {"product": "Ember cast-iron pot"}, "product_care", "wool"),
        ("invoice_request", {"order_number": "LW-10025"}, "invoice_sent", "@example.com"),
    ],
)  # fmt: skip
async def test_an_intent_leads_to_the_answer_its_order_calls_for(
    api: TestClient[Any, Any], book: AnswerBook, intent: str, slots: dict[str, str], answer_id: str, said: str
) -> None:
    found, texts = await answered(api, book, intent, slots)
    assert found == answer_id
    assert any(said in text for text in texts)
    assert not any("None" in text or "{" in text or "  " in text for text in texts)


def test_every_answer_can_be_asked_for_and_confirmed(book: AnswerBook) -> None:
    for answer in book.answers:
        for slot in answer.slots:
            assert say(slot.ask, context(), language="en", seed=1).endswith((".", "?", "”)."))
        if answer.confirm:
            assert "?" in say(answer.confirm, context(**SLOTS), language="en")
        assert say(answer.title, context(), language="zh")
    assert isinstance(next_step(book.of_intent("cancel_order"), context()), AskSlot)


async def test_what_is_cancelled_stays_cancelled_and_is_refunded(api: TestClient[Any, Any]) -> None:
    first = await call(api, "cancel_order", {"order_number": "LW-10022"})
    assert first == await call(api, "cancel_order", {"order_number": "LW-10022"})
    assert first["refund"]["amount"] == "1189.00 GBP"
    assert (await call(api, "get_order", {"order_number": "LW-10022"}))["status"] == "cancelled"
    too_late = await call(api, "change_address", {"order_number": "LW-10022", "new_address": "x"})
    assert too_late == {"status": "too_late", "order_status": "cancelled"}


async def test_the_order_system_fails_and_dawdles_when_asked(api: TestClient[Any, Any]) -> None:
    for path, status in [
        ("/orders/LW-50001", 500),
        ("/orders/LW-10021?fail=503", 503),
        ("/orders/LW-10021?slow=0.01", 200),
        ("/orders/nonsense", 404),
        ("/products/gnome", 404),
        ("/orders/LW-10029/refund", 200),
    ]:
        async with api.get(path) as response:
            assert (path, response.status) == (path, status)
    async with api.post("/orders/LW-10021/address", data=b"not json") as response:
        assert response.status == 400


async def test_a_repeated_wish_for_parts_is_sent_once(api: TestClient[Any, Any], service: ModuleType) -> None:
    for _ in range(2):
        headers = {"Idempotency-Key": "1:a"}
        async with api.post(
            "/orders/LW-10031/parts", json={"missing": "bolt F"}, headers=headers
        ) as response:
            assert (await response.json())["status"] == "sent"
    assert api.app is not None
    assert api.app[service.ORDERS]["LW-10031"]["parts"] == ["bolt F"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is lw 48213", [("order_number", "LW-48213")]),
        ("order number is 48213!", [("order_number", "LW-48213")]),
        ("48213", [("order_number", "LW-48213")]),
        ("paid 12000 quid on friday", [("amount", "12000.00 GBP"), ("date", "2026-03-06")]),
        ("the oak table, my fenwick and a duvet cover", [("product", "Alder oak table"), ("product", "Fenwick sofa"), ("product", "Wren linen duvet set")]),
        ("The Pip Lamp’s cable", [("product", "Pip lamp")]),
        ("订单 LW-48213 的台灯明天能到吗", [("order_number", "LW-48213"), ("product", "Pip lamp"), ("date", "2026-03-12")]),
        ("07911 123456, BS6 5QT, Jo@Hall.example", [("phone", "+447911123456"), ("postcode", "BS6 5QT"), ("email", "jo@hall.example")]),
        ("throw it away, no help desk please", []),
    ],
)  # fmt: skip
def test_the_shops_entities_are_found_as_people_write_them(text: str, found: list[tuple[str, str]]) -> None:
    desk = load_settings(SHOP).desk
    rules = load_rules(SHOP / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone)
    now = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
    assert [(entity.label, entity.value) for entity in rules.find(text, now=now)] == found


@pytest.mark.parametrize("weekday", range(7))
def test_on_any_day_what_happened_is_not_to_come(service: ModuleType, weekday: int) -> None:
    today = TODAY + timedelta(weekday)
    for number, order in service.known_orders(today).items():
        for happened in ("shipped_on", "delivered_on", "paid_on"):
            if day := order.get(happened):
                assert day <= today.isoformat(), (number, happened)
        for to_come in ("dispatch_on", "give_up_on"):
            if day := order.get(to_come):
                assert day > today.isoformat(), (number, to_come)
        days = [
            date.fromisoformat(order[one]) for one in ("shipped_on", "delivered_on", "eta") if one in order
        ]
        assert not [day for day in days if day.weekday() == 6], number
