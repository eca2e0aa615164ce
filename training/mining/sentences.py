"""Sentences of staff by what they are for: chatter, sympathy, a question, a deed, or something worth saying again."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Literal

Use = Literal["chatter", "sympathy", "question", "deed", "statement"]

LIST_ITEM = re.compile(r"(?:\d{1,2}[.)]|[-*•])\s")
END = re.compile(r"(?<=:)\s+(?=1[.)]\s)|(?<=[.!?…])[\"'”’)]*\s+(?=[^\s.!?,;a-z])|(?<=[。！？])|\n+")
# A list's numbers and these end no sentence.
SHORTENED = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|mr|mrs|ms|dr|no|vs|etc|p\.s|st)|(?:^|\s)\d{1,2}|(?:^|\s)[A-Z])\.$",
    re.IGNORECASE,
)

_NAME = r"[A-Z][\w’'-]+"
HANDLE = re.compile(r"(?<!\S)@\w+[:,]?\s*")
PART = re.compile(
    r"^\s*\(?[1-9]/[1-9](?![\d/])\)?|\(?(?<![\d/])[1-9]/[1-9]\)?\s*$"
)  # 1/2 of several messages
SIGNED = re.compile(
    r"\s*(?:[\^*~]\s?[A-Za-z]{1,12}|(?<=[.!?…])\s+(?:[-–—]+|/)?\s*[A-Z][A-Za-z]{0,11}|\s(?:[-–—]+|/)\s?[A-Z][A-Za-z]{0,11})"
    r"[.!]?(?P<link>\s*(?:https?://\S+)?)\s*$"
)
ADDRESS = re.compile(
    rf"^(?:(?:hi|hello|hey|hiya|dear|howdy|good (?:morning|afternoon|evening|day)|greetings|morning|afternoon|evening)\b"
    rf"(?:\s+(?:there|again|all|sir|madam|ma'am))*(?:\s+(?!(?:I|We|You|Yes|No|The|This|That|It)\b){_NAME}){{0,2}}|亲亲?|您好|你好)"
    r"\s*[,!.:;～~，！。—–-]*\s*",
    re.IGNORECASE,
)
VOCATIVE = re.compile(
    rf"^(?:(?:thanks|thank you|sorry|yes|no|sure|okay|ok)\s+)?{_NAME},\s+(?=(?:I|we|you|it|this|that|please|the|your|if|to|can|could)\b)"
)
FORM_OF_ADDRESS = re.compile(r",?\s+(?:sir|madam|ma'am|mate|dear|buddy|folks)\b(?=[,.!?]|$)", re.IGNORECASE)
LAST_NAME = re.compile(rf"(?<=[a-z]), {_NAME}(?=[.!?]$)")

_CHATTER = (
    r"(?:many |much )?(?:thanks?|thank you|thx|cheers|ta)\b(?! to)",
    r"(?:you(?:'re| are)|ur) (?:very |most |more than )?welcome",
    r"(?:no (?:problem|worries|bother)|my pleasure|not a problem|anytime|any time|don'?t mention it)\b",
    r"(?:it'?s|it is|that'?s|it was) (?:a |my |our )?(?:pleasure|nice|great|good) (?:to|talking|speaking|helping|serving)",
    r"(?:have|enjoy|hope you have|wishing you) an? (?:\w+ ){0,2}(?:day|evening|night|morning|afternoon|weekend|one|week|time|trip|flight|journey|safe|holiday)",
    r"(?:enjoy|take care|bye|good ?bye|see you|speak soon|stay safe|best wishes|kind regards|regards|cheers|all the best)\b.{0,40}$",
    r"(?:is|was) there (?:anything|something|any other|any)\b.{0,80}\?$",
    r"(?:(?:can|could|may|will|would|how (?:can|may)) (?:i|we)|what can (?:i|we)|how may (?:i|we)) (?:be of |help|assist|do for you|do to help|offer).{0,80}\?$",
    r"(?:do|will|would) you (?:need|require|have|like) (?:anything|any (?:other|more|further|additional)).{0,80}\?$",
    r"(?:did|does|was|is|has) (?:that|this|it|i|we|all that)\b.{0,30}\b(?:help|helpful|all|answer|everything|resolved?|clear|ok|okay)\b.{0,40}\?$",
    r"(?:anything|what) else\b.{0,60}\?$",
    r"(?:please )?(?:let|feel free|don'?t hesitate|do not hesitate|reach out|just let|give us a shout|shout|keep us).{0,120}\b(?:know|questions?|help|assist(?:ance)?|contact|posted|else|further|need|shout|touch)\b.{0,60}$",
    r"if (?:there(?:'s| is)|you (?:have|need|require|encounter|experience|run into|face|still have|are having)) (?:any|anything|further|more|trouble|difficult|issues|problems|questions)\b.{0,160}$",
    r"(?:we(?:'re| are)|i(?:'m| am)) (?:always |still |right )?(?:here|happy|glad|more than happy|only a|available)\b.{0,60}\b(?:help|assist|here|you|away|listen)\b.{0,40}$",
    r"(?:(?:(?:just|please|kindly|give me|one|hold on|hang on|wait|allow me|bear with|for|a) ?){1,4}(?:an? |one |just )?(?:moment|minutes?|second|sec|min|mo|while|bit|on)\b|please (?:hold|wait|bear with|stand by|give me|allow me|stay)|bear with|hold on|hang (?:on|tight)|one (?:moment|sec)|wait a)\b.{0,100}$",
    r"(?:let me|let'?s|allow me to|i(?:'ll| will| am going to|'m going to|'d be happy to| can)|we(?:'ll| will)|(?:i(?:'d| would) be |i(?:'m| am) |we(?:'d| would) be )?(?:happy|glad|delighted|more than happy) to) (?:just |quickly |now |happily |certainly |gladly |definitely )*(?:check|see what|see if|see how|take a|have a|look|pull|find out|help|assist|get that|get you|do that|be (?:happy|glad|right|with)|go ahead|try to|try and|start|verify|confirm|review|figure|do (?:my|our) best|sort)\b.{0,140}$",
    r"(?:i|we) (?:can|could|would|do|'d|will|'ll) (?:certainly|definitely|surely|absolutely|gladly|be able to|totally|like to|love to|be happy to|be glad to)?\s*(?:help|assist|look into|take a (?:\w+ )?look|like to help|love to help)\b.{0,100}$",
    r"(?:my name is|this is|i(?:'m| am)|you(?:'re| are) (?:speaking|chatting|through)|welcome to|you(?:'ve| have) reached)\b.{0,90}\b(?:here|help|assist|speaking|support|service|today|name)\b.{0,60}$",
    r"(?:my name is|welcome to)\b.{0,60}$",
    r"(?:sure(?:ly)?|of course|ok(?:ay|ey)?|certainly|absolutely|alright|all right|great|perfect|got it|yes|yep|yeah|no|right|excellent|awesome|wonderful|fantastic|lovely|good|cool|noted|understood|indeed|not at all|will do|well|hmm+|oh(?: no| dear)?|ah|uh[- ]oh|aw+|hi|hello|hey|ouch|wow|yikes)(?: (?:thing|then|there|question|so much|great|news|choice|idea))?[\s,.!…]*$",
    r"(?:glad|happy|pleased|great|good|delighted|nice|lovely) to (?:hear|help|have|be|see|know|assist)\b.{0,100}$",
    r"(?:i(?:'m| am)|we(?:'re| are)) (?:so |very |really )?(?:glad|happy|pleased|delighted)\b.{0,100}$",
    r"(?:they|our (?:\w+ ){0,3}(?:team|agents|representatives|staff)|you can (?:contact|reach|call) (?:them|us)|rest assured|feel free)\b.{0,60}\b(?:assist|help|happy|glad|contact|reach|support|available|call|touch)\w*\b.{0,100}$",
    r"(?:i(?:'m| am)|we(?:'re| are)) here to\b.{0,140}$",
    r"(?:i|we) (?:really |do |truly )*(?:appreciate|thank|hope|value|look forward|wish)\b.{0,140}$",
    r"(?:that'?s|this is|it'?s|sounds?) (?:\w+ )?(?:great|good|fine|awesome|perfect|ok|okay|wonderful|not good|no good|lovely)[.!,\s]*$",
    r"(?:您好|你好|亲|在的|请稍等|稍等|请您稍等|麻烦您?稍等|感谢您|谢谢|不客气|祝您|欢迎|很高兴|有什么(?:问题)?(?:可以|能)|请问(?:还)?有(?:什么|其他)|还有(?:什么|其他)|为您服务|再见|好的|嗯|是的|恩|是这样的?)[^，,]{0,24}$",
)
_SYMPATHY = (
    r"(?:i(?:'m| am)|we(?:'re| are))? ?(?:so |very |really |truly |terribly |deeply )*(?:sorry|apologi[sz]e|regret|apologies)\b",
    r"(?:our|my|please accept|sincere|many) .{0,20}apolog",
    r"(?:i|we) (?:can |do |completely |totally |fully |certainly |definitely |really |truly )*(?:understand|know how|imagine|apologi[sz]e|regret|hear you|see why|feel|get (?:it|that|how))\b.{0,140}$",
    r"(?:that|this)(?:'s| is| does| must| sounds| isn'?t| doesn'?t| definitely)\b.{0,20}\b(?:frustrat|disappoint|not (?:what|the|good|how)|sound|awful|strange|odd|annoy|unfortunate|concerning|want to hear|like to hear)",
    r"(?:oh no|oh dear|uh oh|yikes|ouch|gosh)\b",
    r"(?:we|i) (?:never|don'?t|do not|didn'?t|hate|'d hate|would hate|would never|definitely don'?t)\b.{0,12}\b(?:want|like|mean|intend|to (?:hear|see|lose))\b.{0,120}$",
    r"(?:非常|十分|真的|真是)?(?:抱歉|对不起|不好意思|很遗憾|理解您)",
)  # fmt: skip
_ASK = re.compile(
    r"\b(?:provide|share|give|send|tell|supply|furnish)\b.{0,15}\b(?:me|us)\b|\blet (?:me|us) know (?:the|your|which|what|when|where|how|if you(?:'ve| have))"
    r"|\?\s*$|？\s*$|吗[。.]?$|呢[。.]?$"
    r"|^(?:so |and |also |then |please |first |if so |to do (?:so|that) |in order to .{3,60} |(?:can|could|would|may) (?:you|i|we) |kindly |just |(?:i|we)(?:'ll|'d| will| would| do|'m going to)? (?:just )?(?:need|require|want|like)(?: to (?:know|have|get))? |(?:dm|pm|message|send|e-?mail) )+"
    r".{0,60}\b(?:your|which|what|when|where|how many|dm|pm|private message|direct message|the (?:order|account|booking|flight|serial|tracking|reservation|reference|policy|phone|confirmation) (?:number|code|id|name))\b",
    re.IGNORECASE,
)
# What is said to be true of what was just done or seen, for this one customer.
_DEED_VERBS = (
    r"cancel|sen[dt]|refund|book|updat|chang|mov|process|plac|creat|open|rais|arrang|forward|escalat|pass|check|look|transfer|issu|add|remov|reset|"
    r"appl|schedul|order|reserv|see|saw|found|find|contact|spok|talk|ask|report|submit|credit|replac|register|complet|fix|resolv|confirm|got|get|received?|"
    r"put|mark|set|note|log|ship|dispatch|repl|respond|messag|email|e-mail|call|let|notif|adjust|correct|activat|unlock|block|purchas|paid|made|make|done|do|pull|verif|review|investigat|work|locat|share|dm"
)
_WHO = r"\b(?:i|we|my colleagues?|our team)"
_HOW = r"\s+(?:\w+ly |just |now |also |then |already |been |not |be |currently ){0,3}"
_DEED = re.compile(
    rf"{_WHO}(?:'ve| have|'ll| will| shall|'d| had|'s| has| just){_HOW}(?:{_DEED_VERBS})"
    rf"|{_WHO}(?:'m|'re| am| are){_HOW}(?:(?:{_DEED_VERBS})\w*ing|able to|going to|about to)\b"
    rf"|{_WHO}{_HOW}(?:(?:{_DEED_VERBS})\w*ed|sent|saw|found|made|got|put|did|spoke|took|see)\b"
    r"|\bI(?: can| could| would| may|'d| am able to|'m able to)\b|\b(?:with|using) (?:this|that|these|those|the) (?:information|details?|data)\b|\bonce (?:i|we) (?:have|receive|get)\b"
    r"|\b(?:meets?|fits?|match(?:es)?) (?:that|your|those|these|the|all)\b|\b(?:all|both|one|some|either|any|none) of (?:them|those|these)\b|\b(?:i|we|there) (?:have|are|is) (?:\d+|one|two|three|four|five|several|many|a lot|lots)\b"
    r"|\b(?:has|have|had|was|were|is|are)(?: now| been| already| just| not|n't| successfully| all| being){0,3} (?:cancel|sent|refund|book(?:ed)|updat|chang|mov|process|plac|creat|arrang|forward|escalat|passed|transferr|issu|added|remov|reset|appl|schedul|reserv|submitt|credit|replac|complet|fixed|resolv|confirm|shipp|dispatch|activat|unlock|block|approv|register|set up|notified|delivered|done)\w*"
    r"|\b(?:it|that|this|your \w+(?: \w+)?)(?:'s| is| are| looks?| seems?| shows?| appears?)\b.{0,25}\b(?:done|ready|on (?:its|the) way|arriv\w+|due|out for delivery|with the|all set|sorted|confirmed|booked|complete|currently|delayed|cancell?ed|showing)\b"
    r"|\b(?:looks like|i see|we see|it seems|it appears|i noticed|as i can see|according to (?:your|our|my)|reference (?:number|code|id) is|confirmation (?:number|code) is|the total (?:is|comes|will)|you'?re all set|you are all set|i recommend)\b"
    r"|\b(?:is|are|'s|'re)(?: now| already| both| all)? (?:on (?:its|the|their|your) way|in your inbox|in the post|with (?:the|our) (?:courier|driver|carrier)|out for delivery|with you)\b"
    r"|\b(?:will|'ll|should)(?: then| now| also)? be (?:sent|collected|delivered|refunded|posted|shipped|credited|replaced|dispatched|with you|returned|emailed)\b"
    r"|\bit is[.!]*$|^(?:sent|added|done|changed|moved|cancell?ed|booked|updated|refunded|sorted|fixed|removed|replaced|posted|emailed|confirmed|noted|passed|forwarded)\b"
    r"|已(?:经)?(?:为您|帮您|给您|取消|退款|发货|提交|处理|反馈|登记|申请|核实|更新)|(?:帮|为|给)您(?:查|看|核实|处理|催|登记|提交|申请|反馈|联系|转|备注|取消|修改)|查询到|看到您?",
    re.IGNORECASE,
)  # fmt: skip
CHATTER = re.compile("|".join(f"(?:{one})" for one in _CHATTER), re.IGNORECASE)
SYMPATHY = re.compile("|".join(f"(?:{one})" for one in _SYMPATHY), re.IGNORECASE)
OPENING = re.compile(
    r"^(?:(?:sure(?:ly)?|of course|ok(?:ay)?|certainly|absolutely|alright|all right|great|perfect|got it|thanks?|thank you|right|excellent|awesome|wonderful|well|hmm+|ah|oh|hi|hello|hey|好的|嗯嗯?|亲|是的)(?:\s*[,!.…，。！～~]+\s*))+",
    re.IGNORECASE,
)  # fmt: skip
# What only means something after what the customer said.
ELLIPTIC = re.compile(
    r"^(?!(?:it|that|this) (?:(?:usually|normally|can|may|could|should|will|might) )?(?:usually |normally )?takes?\b|there )"
    r"(?:it|its|it's|they|they're|that|that's|this|these|those|he|she|him|her|them|yes|no|nope|not|neither|none|both|either|so|and|but|because|or|nor|only|up|up,|"
    r"(?:you|we|they|i) (?:can|do|don't|can't|could|may|will|won't|are|have|should|did)(?:n't)?[,.!;:]|i'm afraid (?:so|not)|then|otherwise|if (?:not|so)|in that case|"
    r"whichever|same|also|too|again|still|already|on its|in your|one |two |three |four |never mind|unfortunately not|correct|exactly|the former|the latter|"
    r"(?:yes|no)\b.*|与此|这个|那个|它|他|是的|不是|可以的|没有的|有的)(?=[\s,.;:!…，。]|$)",
    re.IGNORECASE,
)
# Says that a person goes on.
PROMISES_PERSON = re.compile(
    r"\b(?:colleagues?|specialists?|teams?|managers?|someone|advis[oe]rs?|agents?|representatives?|supervisors?|member of (?:the|our) team|engineers?|technicians?)\b.{0,30}(?:\bwill\b|'ll\b|’ll\b)(?! be (?:more than |very )?(?:happy|glad))"
    r"|(?:transfer|connect|pass|put)\w* you\b|转接|转(?:给)?(?:人工|专员|同事)|专员.{0,8}(?:联系|回复)",
    re.IGNORECASE,
)
GAP = re.compile(
    r"\s+(?=[.,!?;:](?:\s|$))|(?<=\w)\s+(?=(?:n['’]t|['’](?:s|re|ve|ll|d|m))\b)"
)  # before a sign
MIN_WORDS = 3


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, without spaces around."""
    begun = ""
    for part in END.split(text):
        begun = f"{begun} {part}".strip() if begun else (part or "").strip()
        if begun and not SHORTENED.search(begun):
            yield begun
            begun = ""
    if begun:
        yield begun


def without_address(text: str) -> str:
    """A reply without handles, numbers of parts, signatures, and the name it is addressed to."""
    text = PART.sub(" ", HANDLE.sub(" ", unescape(text)).strip())
    text = PART.sub(" ", SIGNED.sub(r"\g<link>", text.strip())).strip(" …").replace("... ...", " ")
    text = ADDRESS.sub("", text.strip())
    text = VOCATIVE.sub("", text)
    text = FORM_OF_ADDRESS.sub("", text)
    return _begun_large(GAP.sub("", " ".join(text.split())))


def cleaned(sentence: str) -> str:
    """A sentence without "Sure," before it and a name behind."""
    short = OPENING.sub("", ADDRESS.sub("", sentence))
    return _begun_large(LAST_NAME.sub("", short).strip()) if short.strip() else sentence


def use_of(sentence: str) -> Use:
    """What a cleaned sentence is for."""
    if LIST_ITEM.match(sentence):
        return "statement"
    plain = sentence.replace("’", "'")
    if CHATTER.match(plain):
        return "chatter"
    if SYMPATHY.match(plain) and len(plain) < 160:
        return "sympathy"
    if _ASK.search(plain):
        return "question"
    if _DEED.search(plain):
        return "deed"
    return "statement" if n_words(plain) >= MIN_WORDS else "chatter"


def stands_alone(sentence: str) -> bool:
    """Whether it is understood by somebody who doesn't know what was said before."""
    return not ELLIPTIC.match(sentence.replace("’", "'"))


def promises_person(text: str) -> bool:
    """Whether it says that somebody else goes on with it."""
    return PROMISES_PERSON.search(text) is not None


def joined(parts: Iterable[str]) -> str:
    """Sentences as a text, each item of a list on a line of its own."""
    text = ""
    for part in parts:
        text += ("\n" if LIST_ITEM.match(part) else " " if text else "") + part
    return text.strip()


def n_words(text: str) -> int:
    han = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    return len(re.findall(r"[^\W_]+", text)) + han // 2


def _begun_large(text: str) -> str:
    return text[:1].upper() + text[1:]
