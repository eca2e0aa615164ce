"""Personal data gives way to placeholders; order numbers, amounts and offsets stay right."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.checksums import find_cards, find_ibans, is_card, is_iban
from training.redact import Redacted, find_value, redact
from training.turns import EntityLabel

EMAILS = ("priya.raman@example.com", "o'neil+shop@mail.co.uk", "李雷@例子.中国", "a_b-c@sub.example.org")
PHONES = ("+44 20 7946 0958", "(212) 555-2368", "+49 (0)30 901820", "+8613800138000", "0171 1234567")
CARDS = ("4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011000990139424")
IBANS = ("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr14 2004 1010 0505 0001 3m02 606")
KEPT = ("LW-48213", "lw 30517", "#104532", "€1,299.00", "$49.99", "1 299,00 EUR", "2026-03-02", "02/03/2026",
        "14:30", "500 g", "order 48213", "size 42", "3 x 19.99", "1234567")  # fmt: skip
WORDS = (
    "where is",
    "my parcel",
    "call me",
    "phone",
    "it's",
    "、",
    "我的手机",
    "(",
    ")",
    ".",
    "\n",
    "<email>",
    "Al",
    "also",
)


def labels(text: str, **values: str) -> list[EntityLabel]:
    return [
        EntityLabel(text.index(said), text.index(said) + len(said), label) for label, said in values.items()
    ]


@pytest.mark.parametrize(
    ("said", "mask"),
    [
        *((said, "<email>") for said in EMAILS),
        *((said, "<phone>") for said in PHONES),
        *((said, "<card>") for said in CARDS),
        *((said, "<iban>") for said in IBANS),
    ],
)
@pytest.mark.parametrize("around", ["{}", "it is {}, thanks", "({})", "我的：{}。", "a {}\nb"])
def test_what_patterns_find_is_masked_and_nothing_else(said: str, mask: str, around: str) -> None:
    country = "DE" if said.startswith("01") else "US"
    assert redact(around.format(said), country=country).text == around.format(mask)


@pytest.mark.parametrize("said", KEPT)
@pytest.mark.parametrize(
    "around", ["{}", "where is {}?", "I paid for the phone {}", "my phone: {} or so", "{}{}"]
)
def test_order_numbers_amounts_and_days_are_kept(said: str, around: str) -> None:
    text = around.replace("{}{}", f"{said}, {said}").format(said)
    if said == "1234567" and "phone" in around:
        assert redact(text).text != text
    else:
        assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call me on 555 0134", "call me on <phone>"),
        ("my phone number is 5550134.", "my phone number is <phone>."),
        ("手机是 1380 0138", "手机是 <phone>"),
        ("bought a phone, order 12345678", "bought a phone, order 12345678"),
        ("4111 1111 1111 1111 +44 20 7946 0958", "<card> <phone>"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("GB82 WEST 1234 5698 7654 33", "GB82 WEST 1234 5698 7654 33"),
        ("+44 20 7946 0958 00000000", "<phone> 00000000"),
        ("user@localhost and @priya", "user@localhost and @priya"),
        ("", ""),
    ],
)
def test_numbers_are_told_by_their_words_and_check_digits(text: str, masked: str) -> None:
    assert redact(text).text == masked


def test_personal_entities_are_masked_wherever_their_words_stand() -> None:
    text = "Al here, also AL's order LW-48213 to 12 Elm Road. 12 elm road!"
    known = labels(text, person="Al", order_number="LW-48213", address="12 Elm Road")
    redacted = redact(text, known)
    assert redacted.text == "<person> here, also <person>'s order LW-48213 to <address>. <address>!"
    assert [(e.label, redacted.text[e.start : e.end], e.value) for e in redacted.entities] == [
        ("person", "<person>", ""),
        ("order_number", "LW-48213", ""),
        ("address", "<address>", ""),
    ]


def test_a_name_in_an_address_is_masked_with_all_of_it() -> None:
    text = "Priya, raman.priya7@priya.example"
    assert redact(text, labels(text, person="Priya")).text == "<person>, <email>"


def test_types_of_ones_own_and_usual_names_written_otherwise_are_personal() -> None:
    text = "Priya, member M-77, likes the Pip lamp"
    known = labels(text, **{"Customer-Name": "Priya", "member": "M-77", "product": "Pip lamp"})
    assert redact(text, known).text == "<Customer-Name>, member M-77, likes the Pip lamp"
    assert redact(text, known, also=["member"]).text == "<Customer-Name>, member <member>, likes the Pip lamp"


def test_an_order_number_that_looks_like_a_phone_number_is_kept_where_it_is_labelled() -> None:
    text = "order 2125552368"
    assert redact(text).text == "order <phone>"
    assert redact(text, labels(text, order_number="2125552368")).text == text
    assert redact("+12125552368", labels("+12125552368", order_number="+12125552368")).text == "<phone>"


def test_the_country_says_which_numbers_need_no_prefix() -> None:
    assert redact("ring 020 7946 0958", country="GB").text == "ring <phone>"
    assert redact("650 253 0000", country="US").text == "<phone>"
    assert redact("650 253 0000", country="GB").text == "650 253 0000"


def test_an_entity_with_a_mask_inside_stays_around_it_and_loses_its_value() -> None:
    text = "engraving: to bob@x.org with love"
    known = [EntityLabel(11, len(text), "engraving", "TO BOB@X.ORG WITH LOVE")]
    redacted = redact(text, known)
    [entity] = redacted.entities
    assert redacted.text[entity.start : entity.end] == "to <email> with love"
    assert entity.value == ""


def test_an_entity_that_is_half_masked_is_dropped() -> None:
    text = "to bob@x.org"
    assert redact(text, [EntityLabel(3, 6, "product")]) == Redacted("to <email>", ())


def test_entities_outside_the_text_or_over_each_other_are_left_out() -> None:
    known = [EntityLabel(0, 3, "product"), EntityLabel(2, 5, "date"), EntityLabel(4, 99, "date")]
    assert redact("a lamp", known).entities == (EntityLabel(0, 3, "product"),)


pieces = st.one_of(
    *(st.sampled_from(group) for group in (EMAILS, PHONES, CARDS, IBANS, KEPT, WORDS)), st.text(max_size=6)
)
texts = st.lists(st.tuples(pieces, st.sampled_from(["", " ", ", "])), max_size=8).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
)
names = st.sampled_from(["person", "email", "order_number", "product", "phone", "address"])


@st.composite
def labelled(draw: st.DrawFn) -> tuple[str, list[EntityLabel]]:
    text = draw(texts.filter(bool))
    ends = draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True).map(sorted))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return text, [EntityLabel(start, end, draw(names), text[start:end]) for start, end in pairs]


@given(labelled())
def test_redacting_again_changes_nothing(case: tuple[str, list[EntityLabel]]) -> None:
    once = redact(*case)
    assert redact(once.text, once.entities) == once


@given(labelled())
def test_what_is_kept_still_has_its_words(case: tuple[str, list[EntityLabel]]) -> None:
    text, known = case
    redacted = redact(text, known)
    words = [redacted.text[entity.start : entity.end] for entity in redacted.entities]
    for entity, said in zip(redacted.entities, words, strict=True):
        if entity.value:
            assert said == entity.value
        else:
            assert re.search("<[a-z_]+>", said)
    assert [e.start for e in redacted.entities] == sorted(e.start for e in redacted.entities)


@given(
    st.sampled_from([*EMAILS, *CARDS, *IBANS, "+44 20 7946 0958", "+8613800138000"]),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_nothing_personal_survives_between_other_words(said: str, before: str, after: str) -> None:
    assert said not in redact(f"{before} {said} {after}").text


@given(texts)
def test_no_card_and_no_iban_is_left_anywhere(text: str) -> None:
    masked = redact(text).text
    assert not list(find_cards(masked))
    assert not list(find_ibans(masked))
    assert not re.search(r"[\w.]@(?:[a-z]+\.)+[a-z]{2}", masked)


@given(st.integers(10**11, 10**18 - 1).map(lambda number: f"4{number}"))
def test_exactly_one_check_digit_makes_a_card_number(number: str) -> None:
    assert sum(is_card(number + digit) for digit in "0123456789") == 1


@given(st.from_regex("[0-9]{18}", fullmatch=True))
def test_an_iban_with_two_digits_swapped_is_none(account: str) -> None:
    check = 98 - int(f"{account}131400") % 97  # DE as numbers
    iban = f"DE{check:02d}{account}"
    assert is_iban(iban)
    assert list(find_ibans(f"to {iban.lower()}.")) == [(3, 25)]
    swapped = iban[:4] + iban[5] + iban[4] + iban[6:]
    assert is_iban(swapped) is (iban[4] == iban[5])


def test_a_value_is_found_as_a_word_of_its_own() -> None:
    assert list(find_value("al", "Al, also AL-7 and 阿Al")) == [(0, 2), (9, 11), (19, 21)]
    assert list(find_value("李雷", "我是李雷。")) == [(2, 4)]
    assert list(find_value("x", "x")) == []
