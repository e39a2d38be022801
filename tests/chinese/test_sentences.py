"""The sentences of docs/languages.md are said to a home with Chinese names, and answered as they stand there."""

import re
from pathlib import Path

import pytest
from skill_talk import Conversation

from assistant.asr.choice import open_transcript
from assistant.asr.vosk_engine import Hypothesis
from assistant.config import Config
from assistant.config.sections import AssistantSection
from assistant.han import joined, number_at
from assistant.home.inventory import load_inventory
from assistant.llm.chat import system_prompt
from assistant.nlu import han_text
from assistant.nlu.words import words_of
from assistant.types import Word

ROOT = Path(__file__).resolve().parents[2]
HOME = load_inventory(Path(__file__).with_name("home.toml"))


def tables():
    """Heading -> rows of (said, answer)."""
    found, heading = {}, ""
    for line in (ROOT / "docs" / "languages.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        row = re.fullmatch(r"\| (.+?) \| (.+?) \|", line)
        if row and re.search(r"[\u3400-\u9fff]", row[1]) and row[1] != "你说":
            found.setdefault(heading, []).append((row[1], row[2]))
    return found


TABLES = tables()


def talk():
    return Conversation(HOME, language="zh-CN", area="厨房")


def test_the_table_is_long_enough():
    assert sum(map(len, TABLES.values())) >= 60


@pytest.mark.parametrize("heading", TABLES)
def test_every_sentence_of_the_table(heading):
    conversation = talk()
    for said, answer in TABLES[heading]:
        result = conversation.say(said)
        assert (result.error, result.reply) == (None, answer), said


def test_a_recogniser_s_spaces_are_none_in_the_transcript():
    """Vosk writes Chinese in words with spaces between them."""
    heard = "把 客厅 吊灯 调到 百分之 五十"
    words = tuple(Word(text, place, place + 0.5, 0.9) for place, text in enumerate(heard.split()))
    transcript = open_transcript((Hypothesis(words, 1.0),))
    assert transcript.text == "把客厅吊灯调到百分之五十"
    assert talk().say(transcript.text).reply == "客厅吊灯现在是百分之50。"
    assert joined("播放 jazz music 音乐 吧") == "播放 jazz music 音乐吧"


@pytest.mark.parametrize(
    "said",
    [
        "厨房的灯开着吗", "厨房灯关了没有", "为什么要打开窗帘", "你打开了厨房的灯吗", "谁打开了厨房灯", "厨房的灯关了", "怎么打开车库门",
        "别打开厨房的灯", "不要把灯关掉", "先别锁门", "昨天我把落地灯关掉了吗", "要不要打开窗帘", "是不是该关灯了", "什么时候打开的咖啡机",
        "他说打开厨房的灯", "咖啡机是不是开着", "打开了哪些灯", "如果打开厨房的灯会怎么样",
    ],
)  # fmt: skip
def test_questions_statements_and_prohibitions_change_nothing(said):
    assert not talk().say(said).states


@pytest.mark.parametrize(
    "said",
    [
        "请打开台灯", "麻烦你帮我打开台灯", "你能不能打开台灯", "可以把台灯打开吗", "帮我把台灯打开好吗", "把台灯打开吧", "打开 台灯 。",
        "我想打开台灯", "台灯打开一下", "小助手，打开台灯", "请你把书房的台灯打开，谢谢",
    ],
)  # fmt: skip
def test_politeness_is_no_obstacle(said):
    result = talk().say(said)
    assert {key: state.state for key, state in result.states.items()} == {"light.study": "on"}


@pytest.mark.parametrize("risky", ["打开大门", "把大门解锁", "打开车库门", "开前门的锁"])
def test_what_is_risky_is_asked_about(risky):
    conversation = talk()
    asked = conversation.say(risky)
    assert not asked.states and asked.expects_answer
    assert not conversation.say("不要").states
    conversation.say(risky)
    assert conversation.say("是的").states


def test_a_command_for_later_is_done_then():
    conversation = talk()
    conversation.say("打开厨房灯")
    assert not conversation.say("半小时后把厨房灯关掉").states
    conversation.wait(1800)
    assert conversation.ringer.announced == ["厨房灯现在关着。"]


def test_it_rings_in_chinese_until_it_is_told_to_stop():
    conversation = talk()
    conversation.say("设一个五分钟的煮蛋计时器")
    conversation.wait(300)
    assert list(conversation.ringer.ringing.values()) == ["煮蛋计时器到时间了。"]
    assert conversation.say("停").reply == "好的。"


def test_which_one_is_asked_and_answered():
    conversation = Conversation(HOME, language="zh-CN", area=None)
    assert conversation.say("开灯").reply == "哪个房间？例如厨房、客厅还是卧室。"
    assert set(conversation.say("书房").states) == {"light.study"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二十三", 23), ("一百零五", 105), ("一百五", 150), ("两万三", 23000), ("三千零二十", 3020), ("十", 10),
        ("一亿两千万", 120_000_000),
        ("二零二七", 2027), ("三点一四", 3.14), ("零", 0), ("一百一十", 110),
    ],
)  # fmt: skip
def test_numbers_in_characters(text, value):
    tokens = words_of(text).tokens
    end, found = number_at(tokens, 0)[0]
    assert (end, float(found)) == (len(tokens), value)


def test_a_sentence_is_cut_at_its_joints_only():
    assert list(han_text.clauses("打开台灯,然后关掉风扇"))[-1] == ["打开台灯", "关掉风扇"]
    assert list(han_text.clauses("再来一首")) == [["再来一首"]]


def test_the_model_is_told_in_chinese_to_answer_in_chinese():
    prompt = system_prompt(Config(assistant=AssistantSection(language="zh-CN", name="小明")))
    assert "小明" in prompt and "简体中文" in prompt and "You are" not in prompt
