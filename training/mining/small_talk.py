"""What is said beside the matter: greetings, thanks, yes and no, and what invites a customer to say what they want."""

import re

_HAN = "\u3400-\u9fff"
WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+(?:['’][^\W_]+)?")
VALUE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[@#]\w+|\S*\d\S*")

# Words that say nothing of what is wanted, alone or with each other.
TALK = frozenset(
    re.findall(
        r"\S+",
        """
    hi hii hai hey hiya hello helo heya howdy greetings good morning afternoon evening day night dear sir madam mam maam mr ms mrs
    team guys folks everyone all there support thanks thank thankyou thx ty tks ta cheers much very so lot lots many bunch
    appreciate appreciated grateful kind kindly welcome great perfect awesome excellent amazing wonderful brilliant lovely nice super cool
    fine alright right correct exactly indeed absolutely definitely certainly ok okay okey k kk okie sure yes yess yea yeah yep yup ya y
    no nope nah n nothing none not never mind nevermind nvm bye byee goodbye farewell later care take have has had a an the please pls plz
    sorry apologies pardon oh ah um hmm hm well wow lol haha ha and or but for with to of in on at by from as if then than that's thats that
    this these those it it's its is was are be been am i i'm im i'll i've me my mine we we're our us you you're your u ur yours he she they them
    do does did done doing can could will would should may might just also too really again now here still soon today only
    got get gets see seen seeing look looks say says said tell told know known think guess hope try trying tried wait waiting moment minute sec
    second hold hang help helped helpful helping assist assistance assisting great's how what's up going gone went one more other another else any anything
    something everything what who about out let lets let's go ahead agree agreed understand understood noted sounds works work
    thats' cant can't dont don't didn't didnt isn't wasn't won't wont doesn't haven't haven hasn't
    """,
    )
)
# How people begin to ask for something, with the subject left out as often as not.
REQUEST = re.compile(
    r"\b(?:(?:i|we)(?:['’]?d| would)? (?:really |just |also |still )?(?:want|wanna|need|like to|wish|require|prefer)"
    r"|(?:i['’]?m|i am|we['’]?re|we are|am) (?:\w+ ){0,2}?(?:looking|trying|calling|having|hoping|unable|interested|wondering|writing|contacting)"
    r"|(?:i|we) (?:can['’]?t|cannot|can not|couldn['’]?t|could not|don['’]?t know how|was wondering|have an? (?:\w+ )?(?:question|problem|issue|complaint))"
    r"|(?:can|could|would|will) (?:you|u|i|we|someone|somebody)|may i|how (?:do|can|long|much|many|come|to|would|should)"
    r"|(?:what|when|where|why|which|who|is|are|do|does|did|has|have|was|were|should) (?:\w+['’]?\w* ){0,3}?(?:i|my|the|your|there|it|you|we|this|that|if|is|are)\b"
    r"|(?:please|pls|plz|kindly) [a-z]{3,}|help (?:me|us|with)|tell me|let me know|show me|send me|give me|get me|i['’]d like)",
    re.IGNORECASE,
)
REQUEST_ZH = re.compile(
    "怎么|如何|为什么|什么|哪|几时|吗|呢|能不能|可以|能否|想要?|需要|帮我|请问|要求|申请|多久|多少|没有?收到|还没|不能|无法"
)
QUESTION = re.compile(r"[?？]")
# An agent's line after which what follows is what the customer wants, not an answer.
INVITATION = re.compile(
    r"(?:help|assist|do for you|anything else|something else|any other|what(?:['’]?s| is| seems) (?:\w+ ){0,3}?(?:up|wrong|happen\w*|going on|problem|issue|matter|happened)"
    r"|brings you|what can i|how can|how may|what do you need|tell me more)"
    r"|有什么|什么可以帮|可以帮|帮到|帮您|其他问题|别的问题|还有.{0,4}(?:问题|需要)|需要什么",
    re.IGNORECASE,
)
# An agent asks for something without a question mark.
ASKING = re.compile(
    r"\b(?:please|kindly|could you|can you|may i|can i|could i|i(?:['’]ll| will)? (?:just )?need|let me have|provide|confirm|verify|share|dm us|send us)\b"
    r"|请(?:您|你)?(?:提供|告诉|发|说|核对|确认|输入)|麻烦(?:您|你)",
    re.IGNORECASE,
)
TALK_ZH = re.compile(
    "您好|你好|嗨|哈喽|早上好|下午好|晚上好|在吗|在不在|有人吗|谢谢|多谢|感谢|非常|麻烦|不好意思|抱歉|对不起|好的|好吧|好滴|可以的?|行的?|嗯+|哦+|噢+"
    "|是的|对的?|没有了?|没事了?|不用了?|没问题|知道了|明白了?|收到|再见|拜拜|亲|请问|辛苦了?|[了的吗呢吧啊呀哦嘛哈你您我]"
)


def content_words(text: str) -> list[str]:
    """The words that may say what is wanted; Chinese characters one by one. Values and small talk are none."""
    kept = TALK_ZH.sub(" ", VALUE.sub(" ", text))
    return [word for word in WORD.findall(kept.casefold()) if word.replace("’", "'") not in TALK]


def is_request_form(text: str) -> bool:
    """Whether it asks, wishes, or says that something can't be done."""
    return any(pattern.search(text) for pattern in (QUESTION, REQUEST, REQUEST_ZH))
