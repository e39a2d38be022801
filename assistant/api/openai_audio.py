"""OpenAI's audio routes: recordings to text by the house's ear, text to sound by its voice."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.api.catalog import HEARING_NAMES, SPEAKING_NAMES, TEXT_FORMATS
from assistant.api.openai_types import SpeechBody
from assistant.api.ports import Hearing, Speaking
from assistant.api.replies import HttpError, body_of, json_reply, or_gone
from assistant.config import Config
from assistant.errors import AudioError
from assistant.types import AudioClip, JsonValue, Transcript, Word

MAX_TEXT = 4096
MAX_SECONDS = 600.0
# libsndfile's names; AAC it does not write.
_ENCODINGS = {
    "wav": ("WAV", "PCM_16", "audio/wav"),
    "flac": ("FLAC", "PCM_16", "audio/flac"),
    "mp3": ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
    "opus": ("OGG", "OPUS", "audio/ogg"),
}
OPUS_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class OpenAiAudio:
    """The routes for sound."""

    config: Config
    hearing: Callable[[], Hearing]
    speaking: Callable[[], Speaking]

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v1/audio/transcriptions", self.transcriptions, methods=["POST"]),
            Route("/v1/audio/speech", self.speech, methods=["POST"]),
        ]

    async def transcriptions(self, request: Request) -> Response:
        """What is said in a recording."""
        try:
            async with request.form(max_files=1, max_fields=20, max_part_size=64 * 1024) as form:
                upload, wanted = form.get("file"), str(form.get("response_format") or "json")
                model, language = str(form.get("model") or ""), str(form.get("language") or "")
                if not isinstance(upload, UploadFile):
                    raise HttpError(400, "'file' must be a sound file", param="file")
                if model not in HEARING_NAMES and not model.startswith(("gpt-4o", "whisper", "vosk")):
                    raise HttpError(404, f"model '{model[:100]}' not found", code="model_not_found", param="model")
                if wanted not in TEXT_FORMATS:
                    raise HttpError(
                        400, f"response_format must be one of {', '.join(TEXT_FORMATS)}", param="response_format"
                    )
                if language and not language.startswith(self.config.assistant.language):
                    raise HttpError(400, f"this house hears '{self.config.assistant.language}' only", param="language")
                sound = await upload.read()
        except (MultiPartException, UnicodeDecodeError) as error:
            raise HttpError(400, f"the form cannot be read: {error}", param="file") from error
        clip, transcript = await or_gone(request, run_in_threadpool(lambda: self._heard(sound)))
        return _written(wanted, clip, transcript, self.config.assistant.language)

    def _heard(self, sound: bytes) -> tuple[AudioClip, Transcript]:
        from assistant.audio.files import read_clip

        try:
            clip = read_clip(io.BytesIO(sound), "file", max_duration_s=MAX_SECONDS)
        except AudioError as error:
            raise HttpError(400, str(error), param="file") from error
        return clip, self.hearing().transcribe(clip)

    async def speech(self, request: Request) -> Response:
        """A text as sound."""
        body = await body_of(request, SpeechBody)
        if body.model not in SPEAKING_NAMES and not body.model.startswith(("tts-", "gpt-4o", "piper")):
            raise HttpError(404, f"model '{body.model[:100]}' not found", code="model_not_found", param="model")
        if not body.input.strip() or len(body.input) > MAX_TEXT:
            raise HttpError(400, f"input must have 1 to {MAX_TEXT} characters", param="input")
        if body.speed != 1.0:
            raise HttpError(400, "speed is set on the machine itself (tts.speed)", param="speed")
        if body.response_format == "pcm":
            clips = iterate_in_threadpool(self._pcm(body.input))
            return StreamingResponse(clips, media_type="audio/pcm", headers={"X-Sample-Rate": "24000"})
        if body.response_format not in _ENCODINGS:
            raise HttpError(400, f"response_format '{body.response_format}' is not supported", param="response_format")
        sound, kind = await or_gone(request, run_in_threadpool(lambda: self._encoded(body.input, body.response_format)))
        return Response(sound, media_type=kind)

    def _pcm(self, text: str) -> Iterator[bytes]:
        """24 kHz, 16 bits, mono, as OpenAI's API has it; as it is made."""
        from assistant.audio.resampling import Resampler

        resampler = Resampler(24_000)
        for clip in self.speaking().speak([text]):
            yield resampler.take(clip).astype("<i2").tobytes()
        yield resampler.rest().astype("<i2").tobytes()

    def _encoded(self, text: str, wanted: str) -> tuple[bytes, str]:
        import soundfile

        from assistant.audio.files import join_clips, resample

        container, subtype, kind = _ENCODINGS[wanted]
        clip = join_clips(list(self.speaking().speak([text])))
        if wanted == "opus":
            clip = resample(clip, OPUS_RATE_HZ)
        buffer = io.BytesIO()
        try:
            soundfile.write(buffer, clip.samples, clip.rate_hz, format=container, subtype=subtype)
        except (soundfile.SoundFileError, ValueError) as error:
            raise HttpError(400, f"response_format '{wanted}' cannot be made here", param="response_format") from error
        return buffer.getvalue(), kind


def _written(wanted: str, clip: AudioClip, transcript: Transcript, language: str) -> Response:
    if wanted == "json":
        return json_reply({"text": transcript.text})
    if wanted == "text":
        return PlainTextResponse(transcript.text + "\n")
    if wanted in ("srt", "vtt"):
        return PlainTextResponse(_subtitles(wanted, clip, transcript))
    words: list[JsonValue] = [
        {"word": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)} for word in transcript.words
    ]
    segment: JsonValue = {"id": 0, "start": 0.0, "end": round(clip.duration_s, 3), "text": transcript.text}
    return json_reply(
        {
            "task": "transcribe",
            "language": language,
            "duration": round(clip.duration_s, 3),
            "text": transcript.text,
            "words": words,
            "segments": [segment],
        }
    )


def _subtitles(wanted: str, clip: AudioClip, transcript: Transcript) -> str:
    lines = ["WEBVTT", ""] if wanted == "vtt" else []
    for number, group in enumerate(_groups(transcript, clip.duration_s), 1):
        if wanted == "srt":
            lines.append(str(number))
        lines += [f"{_time(group[0].start_s, wanted)} --> {_time(group[-1].end_s, wanted)}"]
        lines += [" ".join(word.text for word in group), ""]
    return "\n".join(lines) + "\n"


def _groups(transcript: Transcript, duration_s: float) -> list[list[Word]]:
    words = list(transcript.words)
    if not words:
        return [[Word(transcript.text, 0.0, duration_s, 1.0)]] if transcript.text else []
    return [words[start : start + 10] for start in range(0, len(words), 10)]


def _time(seconds: float, wanted: str) -> str:
    ms = round(seconds * 1000)
    mark = "." if wanted == "vtt" else ","
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"
