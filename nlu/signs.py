"""Signs of a customer's mood that stand in the words and marks themselves, as a few numbers.

A vector says what a message is about better than how it is meant: "it works" and "it doesn't work" are neighbours.
The words were written down by hand, English and Chinese."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRAISE = _words(
    """
    amazing appreciate appreciated awesome beautiful best brilliant cheers comfy cool delicious delighted easy enjoy
    enjoyed excellent excited fab fabulous fantastic fast favorite favourite flawless friendly fun glad good gorgeous
    grateful great happy helpful hooray impressed kind kudos legend liked love loved lovely loves loving nice outstanding
    patient perfect perfectly pleasant pleased pleasure polite prompt quick recommend rock rocks satisfied smooth smoothly
    solved sorted star stunning super superb sweet thank thankful thanks thankyou thanx thx top ty wonderful woohoo worked
    works wow yay yum
    """
)
TROUBLE = _words(
    """
    again annoyed annoying awful bad blocked broke broken bug bumped canceled cancelled complain complaint confusing crash
    crashed crashes cracked damaged dead declined defective delay delayed delays denied dirty disappointed disappointing
    disappointment disconnected disgusting down dreadful dropped empty error errors excuse excuses expensive fail failed
    failing fails failure fault faulty forever forgot freezes freezing frozen frustrated frustrating hacked hate horrible
    hours hung ignored impossible incorrect issue issues lack lacking late lose losing lost mess missed missing mistake
    never nightmare nobody nothing nowhere outage overcharged overpriced poor problem problems promised refuse refused
    ridiculous rude sad sadly scratched slow smashed sorry sour still stolen stranded struggling stuck terrible tired
    trouble unable unacceptable unfortunately unhappy unhelpful unprofessional unreliable upset useless wait waited
    waiting waste wasted weeks worried worse worst wrong yet
    """
)
INSULT = _words(
    """
    ass asshole assholes bastard bastards bloody bollocks bullshit cheat cheats clown clowns crap crook crooks cunt cunts
    damn dammit disgrace disgraceful dumb fool fools fraud fraudsters fuck fucked fucker fuckers fuckin fucking furious
    goddamn hell idiot idiotic idiots imbecile imbeciles incompetence incompetent insane jerk jerks liar liars livid lying
    moron moronic morons muppets outrage outraged outrageous pathetic piss pissed rubbish scam scammer scammers screw scum
    scumbag scumbags shame shit shitty shove stfu stupid stupidity suck sucks thief thieves trash wanker wankers wtf
    """
)
NEGATION = _words(
    """
    arent barely cannot cant couldnt didnt doesnt dont hardly hasnt havent isnt never no nobody none not nothing wasnt
    without wont wouldnt
    """
)
THANKS = _words("cheers thank thanks thankyou thanx thx ty")
REACH = 3  # words after which a "not" is no longer felt
MIN_LOUD = 3  # letters; shorter words in capitals are abbreviations


def _any_of(words: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words.split())))


HAN_PRAISE = _any_of(
    "谢谢 感谢 多谢 太好了 很好 真好 不错 满意 喜欢 好评 完美 棒 赞 辛苦 开心 给力 贴心 耐心 好用 舒服 漂亮 好看 热情 爱了 推荐"
)
HAN_TROUBLE = _any_of(
    "没到 没收到 还没 坏 碎 差 慢 失望 不满 不行 没用 错 少了 少发 延误 取消 丢 断 闪退 卡 等了 没人 一直 投诉 太贵 起球 莫名 着急 "
    "不好 为什么"
)
HAN_INSULT = _any_of(
    "骗子 垃圾 废物 滚 傻逼 傻b 有病 去死 他妈 妈的 操 卧槽 不要脸 无耻 恶心 黑心 耍我 废话 气死 气炸 猪 破 烂 诈骗 报警 倒闭 人话 "
    "死人 坑人"
)
SMILING = re.compile(r"(?<!\w)[:;]-?[)D]|<3")
FROWNING = re.compile(r"(?<!\w):'?-?[(/]")
SMILES = re.compile(
    r"[\U0001F600-\U0001F60D\U0001F618\U0001F917\U0001F929\U0001F970\U0001F973\U0001F44D\U0001F44F\U0001F64C\U0001F64F"
    r"\U0001F389\U0001F38A\U0001F495-\U0001F49F❤☺✨⭐]"
)
FROWNS = re.compile(
    r"[\U0001F612-\U0001F615\U0001F61E\U0001F61F\U0001F622\U0001F623\U0001F625-\U0001F62D\U0001F641\U0001F644\U0001F494\U0001F44E☹]"
)
RAGE = re.compile(r"[\U0001F620\U0001F621\U0001F624\U0001F92C\U0001F595\U0001F4A9]")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")

N_SIGNS = 15


def signs(text: str) -> NDArray[np.float32]:
    """(N_SIGNS,), each from 0 to about 3: praise, praise denied, trouble, insults, negations, thanks without trouble;
    exclamation marks, three of them, question marks, two of them, trailing dots, capitals; smiles, frowns, rage."""
    spoken = WORD.findall(text.replace("’", "'"))
    words = [word.lower() for word in spoken]
    denials = [i for i, word in enumerate(words) if word in NEGATION or word.endswith("n't")]
    praised = [i for i, word in enumerate(words) if word in PRAISE]
    n_denied = len([i for i in praised if any(0 < i - at <= REACH for at in denials)])
    n_praise = len(praised) - n_denied
    n_trouble = len([word for word in words if word in TROUBLE])
    n_insult = len([word for word in words if word in INSULT])
    n_calls, n_questions = text.count("!"), text.count("?")
    smiles, frowns, rages = SMILING.search(text), FROWNING.search(text), None
    if not text.isascii():
        n_praise += len(HAN_PRAISE.findall(text))
        n_trouble += len(HAN_TROUBLE.findall(text))
        n_insult += len(HAN_INSULT.findall(text))
        n_calls, n_questions = n_calls + text.count("！"), n_questions + text.count("？")
        smiles, frowns = smiles or SMILES.search(text), frowns or FROWNS.search(text)
        rages = RAGE.search(text)
    return np.array(
        [
            min(n_praise, 3),
            min(n_denied, 2),
            min(n_trouble, 3),
            min(n_insult, 2),
            min(len(denials), 2),
            float(not n_trouble and not THANKS.isdisjoint(words)),
            math.log1p(min(n_calls, 5)),
            float(n_calls >= 3),
            min(n_questions, 2),
            float(n_questions >= 2),
            float(".." in text or "…" in text),
            _loudness(spoken),
            float(smiles is not None),
            float(frowns is not None),
            float(rages is not None),
        ],
        np.float32,
    )


def _loudness(words: Sequence[str]) -> float:
    """The share of longer words in capitals, 0..1; 0 for a single one."""
    longer = [word for word in words if len(word) >= MIN_LOUD and word.isascii()]
    return len([word for word in longer if word.isupper()]) / len(longer) if len(longer) > 1 else 0.0
