"""Buttons under replies, and what comes back when one is pressed."""

import re
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.shapes import Keyboard, KeyboardButton
from bot.messages import Button, ButtonPress

ROW_CHARS = 24  # of the labels of buttons that share a row
MARK = "✓ "

# Telegram carries 64 bytes: our id of the reply and the button's place under it, nothing of what it does.
_DATA = re.compile(r"(\d{1,18}):(\d{1,3})", re.ASCII)


def keyboard_of(message_id: int, buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The buttons of a reply, short ones side by side; None where it has none."""
    rows: list[list[InlineKeyboardButton]] = []
    n_chars = ROW_CHARS
    for index, button in enumerate(buttons):
        n_chars += len(button.label)
        if n_chars > ROW_CHARS:
            rows.append([])
            n_chars = len(button.label)
        rows[-1].append(InlineKeyboardButton(button.label, callback_data=f"{message_id}:{index}"))
    return InlineKeyboardMarkup(rows) if rows else None


def press_of(data: str) -> ButtonPress | None:
    """The button that callback data names; None where it is none of ours."""
    found = _DATA.fullmatch(data)
    return ButtonPress(int(found[1]), int(found[2])) if found else None


def label_of(keyboard: Keyboard | None, data: str) -> str:
    """What stands on a button, "" where it is not there."""
    rows = keyboard.rows if keyboard else ()
    labels = (button.text for row in rows for button in row if button.callback_data == data)
    return next(labels, "").removeprefix(MARK)


def marked(keyboard: Keyboard, data: str) -> InlineKeyboardMarkup | None:
    """The keyboard with a button marked as pressed; None where it is so already, or not there."""
    rows = [[_as_pressed(button, data) for button in row] for row in keyboard.rows]
    before = [[button.text for button in row] for row in keyboard.rows]
    if before == [[button.text for button in row] for row in rows]:
        return None
    return InlineKeyboardMarkup(rows)


def _as_pressed(button: KeyboardButton, data: str) -> InlineKeyboardButton:
    is_new = button.callback_data == data and not button.text.startswith(MARK)
    return InlineKeyboardButton(
        MARK + button.text if is_new else button.text, callback_data=button.callback_data
    )
