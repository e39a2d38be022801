"""Who may use the language model next: decided without a model, without threads where it can be, and without waiting."""

import threading

import pytest

from assistant.errors import EngineBusy
from assistant.llm.queue import ATTENTION_LIMIT_S, GRACE_S, QUIET_LIMIT_S, SLICE_STEPS, ModelQueue, Priority

NOW = -1.0
"""A limit of waiting under which ``entered`` either enters at once or is refused."""


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return ModelQueue(max_open=3, clock_s=clock)


def enters(ticket):
    try:
        with ticket.entered() as mine:
            return mine
    except EngineBusy:
        return False


def test_an_idle_engine_is_entered_at_once(queue):
    with queue.open("api", wait_s=NOW) as ticket:
        assert enters(ticket)
        assert ticket.steps == 1
    assert queue.clients == ()


def test_one_at_a_time(queue):
    with queue.open("a", wait_s=NOW) as a, queue.open("b", Priority.VOICE, wait_s=NOW) as b:
        with a.entered() as mine:
            assert mine
            assert not enters(b)
        assert enters(b)


def test_voice_keeps_its_place_between_two_tokens_and_not_for_longer(queue, clock):
    with queue.open("api", wait_s=NOW) as api, queue.open("voice", Priority.VOICE, wait_s=NOW) as voice:
        assert enters(voice)
        assert not enters(api)
        clock.now_s += GRACE_S * 2  # the listener is at something else: speaking, playing
        assert enters(api)
        assert enters(voice)


def test_a_voice_that_is_done_keeps_no_place(queue):
    with queue.open("api", wait_s=NOW) as api:
        with queue.open("voice", Priority.VOICE, wait_s=NOW) as voice:
            assert enters(voice)
        assert enters(api)


def test_equals_take_turns_by_slices(queue):
    with queue.open("a", wait_s=NOW) as a, queue.open("b", wait_s=NOW) as b:
        order = []
        while len(order) < 4 * SLICE_STEPS:
            for ticket in (a, b):
                if enters(ticket):
                    order.append(ticket.client)
    assert order == ["a"] * SLICE_STEPS + ["b"] * SLICE_STEPS + ["a"] * SLICE_STEPS + ["b"] * SLICE_STEPS


def test_while_speech_is_made_only_voice_goes_on(queue, clock):
    with queue.open("api", wait_s=NOW) as api, queue.open("voice", Priority.VOICE, wait_s=NOW) as voice:
        with queue.quiet():
            assert not enters(api)
            assert enters(voice)
            clock.now_s += QUIET_LIMIT_S + 0.1  # speech that takes too long stops nobody
            assert enters(api)
        assert enters(api)


def test_while_somebody_speaks_to_it_only_voice_goes_on(queue, clock):
    with queue.open("api", wait_s=NOW) as api, queue.open("voice", Priority.VOICE, wait_s=NOW) as voice:
        queue.attend(True)
        assert not enters(api)
        assert enters(voice)
        queue.attend(False)
        clock.now_s += GRACE_S * 2
        assert enters(api)
        queue.attend(True)
        clock.now_s += ATTENTION_LIMIT_S + 0.1  # a radio is no question
        assert enters(api)


def test_no_token_of_others_comes_between_the_first_word_and_the_answer():
    """Real threads: four programs generate without end when somebody begins to speak; then the room's answer is made."""
    queue, order, over = ModelQueue(max_open=8), [], threading.Event()

    def generate(number):
        with queue.open(f"api{number}", cancelled=over.is_set) as ticket:
            while not over.is_set():
                with ticket.entered() as mine:
                    if mine:
                        order.append(number)

    threads = [threading.Thread(target=generate, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(order) < 100:
        pass
    queue.attend(True)
    begun = len(order)
    with queue.open("voice", Priority.VOICE) as voice:
        for _ in range(20):
            with voice.entered():
                order.append("voice")
    queue.attend(False)
    over.set()
    for thread in threads:
        thread.join(20)
    said = order[begun:]
    others_before = said.index("voice")
    assert others_before <= 1, "the step that was under way, and no other"
    assert said[others_before : others_before + 20] == ["voice"] * 20


def test_too_many_are_refused_but_never_a_voice(queue):
    tickets = [queue.open(f"api:{number}") for number in range(3)]
    with pytest.raises(EngineBusy, match="3 others"):
        queue.open("one too many", Priority.BACKGROUND)
    queue.open("kitchen", Priority.VOICE)
    tickets[0].queue.close(tickets[0])
    queue.open("again")


def test_who_has_given_up_does_not_enter(queue):
    gone = []
    with queue.open("api", cancelled=lambda: bool(gone), wait_s=NOW) as ticket:
        assert enters(ticket)
        gone.append(True)
        assert not enters(ticket)


def test_a_step_that_fails_frees_the_engine(queue):
    with queue.open("a", wait_s=NOW) as a, queue.open("b", wait_s=NOW) as b:
        with pytest.raises(ZeroDivisionError), a.entered():
            raise ZeroDivisionError
        queue.close(a)
        assert enters(b)


def test_threads_share_it_and_the_voice_overtakes(clock):
    """Real threads: an API client is in the middle of its answer when a room asks. No time passes: grace never ends."""
    queue = ModelQueue(clock_s=clock)
    order, in_the_middle, waits = [], threading.Event(), threading.Event()

    def generate(client, priority, steps):
        with queue.open(client, priority) as ticket:
            if client == "voice":
                waits.set()
            for step in range(steps):
                with ticket.entered() as mine:
                    assert mine
                    order.append(client)
                    if client == "api" and step == 2:
                        in_the_middle.set()
                        assert waits.wait(60)

    threads = [threading.Thread(target=generate, args=("api", Priority.API, 40))]
    threads[0].start()
    assert in_the_middle.wait(60)
    threads.append(threading.Thread(target=generate, args=("voice", Priority.VOICE, 10)))
    threads[1].start()
    for thread in threads:
        thread.join(60)
    assert order.count("api") == 40 and order.count("voice") == 10
    first = order.index("voice")
    assert order[first : first + 10] == ["voice"] * 10
