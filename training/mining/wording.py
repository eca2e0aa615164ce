"""Words of our own in proposed answers, in the languages the desk speaks."""

from training.names import spoken

# What the desk says where no reply of staff can be given by a bot.
PASSED_ON = {
    "en": "I'm passing this on to one of the team; they can see what you've written here.",
    "zh": "这个问题我转给同事为您处理，您之前写的内容同事都能看到。",
}
THANKS_PASSED_ON = {
    "en": "Thank you. I'm passing this on to one of the team; they can see what you've written here.",
    "zh": "谢谢。我转给同事为您处理，您之前写的内容同事都能看到。",
}
_QUESTIONS = {
    "en": {
        "date": "Which day is it about?",
        "time": "What time is it about?",
        "amount": "Which amount is it about?",
        "product": "Which product is it about?",
        "text": "Can you tell me a little more?",
    },
    "zh": {
        "order_number": "请问您的订单号是多少？",
        "date": "请问是哪一天？",
        "time": "请问是什么时间？",
        "amount": "请问金额是多少？",
        "product": "请问是哪件商品？",
        "text": "能再详细说说吗？",
    },
}


def passed_on(language: str, *, is_told: bool = False) -> str:
    """What is said before a person takes over; `is_told`: the customer has just answered a question."""
    wordings = THANKS_PASSED_ON if is_told else PASSED_ON
    return wordings.get(language, wordings["en"])


def question(entity: str, language: str) -> str:
    """Asks for a value of a type."""
    known = _QUESTIONS.get(language, _QUESTIONS["en"])
    if entity in known:
        return known[entity]
    return f"请问{entity}是什么？" if language == "zh" else f"What's your {spoken(entity)}?"
