"""Endpointing: when an utterance is over. Time is counted in samples, never by a clock.

The pause that ends an utterance depends on what was said so far: short after a complete command, long where the
sentence plainly goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

RATE_HZ = 16_000
LEAST_SPEECH_S = 0.2

Completeness = Literal["complete", "unfinished", "open"]
"""Of the words so far: a whole command; a sentence that plainly goes on; or neither."""

EndReason = Literal["complete", "silence", "unfinished", "stalled", "nothing", "longest"]
"""Why it ended; ``nothing``: nobody said anything; ``stalled``: there is noise, but no more words come of it."""

# Words that hardly anything ends with: what they announce is still to come.
ANNOUNCING = """
    a an the my your our their every each and or but then because if when while until unless which whose
    to of at by for from with without into onto about between than as can could would will should shall might must let
    make set turn switch put change dim brighten raise lower increase decrease add remove tell give ask
    is are am was were do does did has have what where who whom why how not very
"""
GOES_ON = frozenset(ANNOUNCING.split())
# Also fine last words of a command ("turn the light on", "is anyone in"): they only lead on right after certain verbs.
LEADS_ON_AFTER_VERB = frozenset(("on", "off", "up", "down", "in", "out", "over"))
VERBS = frozenset(("turn", "switch", "put", "set", "come", "go", "shut", "open", "close"))


def completeness(text: str) -> Completeness:
    """What the words alone tell (English): ``unfinished`` where the last one announces another, else ``open``."""
    words = text.lower().split()
    if not words:
        return "open"
    last = words[-1].strip(".,?!")
    if last in GOES_ON:
        return "unfinished"
    if last in LEADS_ON_AFTER_VERB and len(words) >= 2 and words[-2] in VERBS:
        return "unfinished"
    return "open"


@dataclass(frozen=True, slots=True)
class Pauses:
    """All times in seconds of audio."""

    complete_s: float = 0.3
    silence_s: float = 0.7
    unfinished_s: float = 1.4
    nothing_s: float = 4.0
    longest_s: float = 15.0
    stalled_s: float = 3.0
    """With noise instead of silence: so long after the last new word it is over (half of it after a whole command)."""


class Endpointer:
    """Follows one utterance. ``judge`` tells of the words so far how complete they are.

    With ``by_words`` (there is a recogniser that reports partial transcripts) only words count as something said: a
    clink of dishes between the wake word and the command ends nothing. Without it, speech for 0.2 s does.
    """

    def __init__(
        self,
        pauses: Pauses | None = None,
        judge: Callable[[str], Completeness] = completeness,
        *,
        by_words: bool = True,
    ) -> None:
        self._pauses = pauses or Pauses()
        self._judge = judge
        self._by_words = by_words
        self.start()

    def start(self, nothing_s: float | None = None) -> None:
        """A new utterance begins; ``nothing_s`` replaces the wait for its first word."""
        self._nothing_s = self._pauses.nothing_s if nothing_s is None else nothing_s
        self._samples = 0
        self._silent_since = 0
        self._words_since = 0
        self._speech_samples = 0
        self._text = ""
        self._completeness: Completeness = "open"

    @property
    def heard(self) -> bool:
        """Whether anything was said yet."""
        return bool(self._text) or (not self._by_words and self._speech_samples >= LEAST_SPEECH_S * RATE_HZ)

    def words(self, text: str) -> None:
        """The recogniser's partial transcript, whenever it is made."""
        text = " ".join(text.split())
        if text != self._text:
            self._text = text
            self._words_since = self._samples
            self._completeness = self._judge(text) if text else "open"

    def audio(self, count: int, speech: bool) -> EndReason | None:
        """``count`` more samples, with or without speech; the reason where the utterance ends with them."""
        self._samples += count
        if speech:
            self._speech_samples += count
            self._silent_since = self._samples
        if self._samples >= self._pauses.longest_s * RATE_HZ:
            return "longest" if self.heard else "nothing"
        silent_s = (self._samples - self._silent_since) / RATE_HZ
        if not self.heard:
            return self._nothing(silent_s)
        if self._completeness == "complete" and silent_s >= self._pauses.complete_s:
            return "complete"
        if self._completeness == "unfinished":
            return "unfinished" if silent_s >= self._pauses.unfinished_s else self._stalled()
        return "silence" if silent_s >= self._pauses.silence_s else self._stalled()

    def _nothing(self, silent_s: float) -> EndReason | None:
        """Nobody spoke until now; who just begins is given time, sound that never becomes words twice as much."""
        waited_s = self._samples / RATE_HZ
        over = waited_s >= self._nothing_s and silent_s >= min(self._pauses.silence_s, self._nothing_s)
        return "nothing" if over or waited_s >= 2 * self._nothing_s else None

    def _stalled(self) -> EndReason | None:
        """Steady talk of others, or a machine, may never fall silent; then the words decide."""
        if not self._text:
            return None
        wait_s = self._pauses.stalled_s * (0.5 if self._completeness == "complete" else 1.0)
        return "stalled" if self._samples - self._words_since >= wait_s * RATE_HZ else None
