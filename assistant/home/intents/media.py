"""Players: what plays, how loud, and what comes next."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.features import number, supports
from assistant.home.intents.base import Liking, Plan, Planner, Refusal, Step, clamp, fixed, slot_number, stepped
from assistant.types import Device, Intent

VOLUME_STEP = 10
_PLAYERS = frozenset({"media_player"})
_PLAYING = ("playing", "buffering", "on")
_OFF = ("off", "standby")


def set_volume(device: Device, intent: Intent) -> Step:
    """``volume_level`` 0-100."""
    level = slot_number(intent, "volume_level")
    if level is None:
        return Refusal("set_what")
    if not 0 <= level <= 100:
        return Refusal("out_of_range", {"low": "0", "high": "100"})
    return _volume(device, level)


def change_volume(device: Device, intent: Intent) -> Step:
    """``volume_step``: ``up``, ``down``, or points of a hundred."""
    now = (number(device.attributes.get("volume_level"), 0.5) or 0.0) * 100
    return _volume(device, clamp(stepped(now, intent.slots.get("volume_step"), VOLUME_STEP)))


def _volume(device: Device, percent: float) -> Step:
    if not supports(device, "volume_set"):
        return Refusal("no_volume")
    return ServiceCall(device.id, "volume_set", {"volume_level": round(percent / 100, 4)})


def _unless(states: tuple[str, ...], refusal: str, planner: Planner) -> Planner:
    def plan(device: Device, intent: Intent) -> Step:
        return Refusal(refusal) if device.state in states else planner(device, intent)

    return plan


def play(device: Device, intent: Intent) -> Step:
    """``search_query``, and ``media_class`` where it was said."""
    query = intent.slots.get("search_query")
    if not query:
        return ServiceCall(device.id, "media_play")
    data = {"media_title": query, "media_content_type": intent.slots.get("media_class")}
    return ServiceCall(device.id, "play_media", data)


def _in(*states: str) -> Liking:
    return lambda device, _intent: device.state in states


_plays = _in(*_PLAYING)

PLANS = {
    "HassMediaPause": Plan(
        _PLAYERS, _unless((*_OFF, "idle", "paused"), "not_playing", fixed("media_pause")), likes=_plays
    ),
    "HassMediaUnpause": Plan(_PLAYERS, fixed("media_play"), likes=_in("paused")),
    "HassMediaStop": Plan(_PLAYERS, fixed("media_stop"), likes=_plays),
    "HassMediaNext": Plan(_PLAYERS, _unless(_OFF, "not_playing", fixed("media_next_track")), likes=_plays),
    "HassMediaPrevious": Plan(_PLAYERS, _unless(_OFF, "not_playing", fixed("media_previous_track")), likes=_plays),
    "HassMediaPlayerMute": Plan(_PLAYERS, fixed("volume_mute", is_volume_muted=True), likes=_plays),
    "HassMediaPlayerUnmute": Plan(
        _PLAYERS,
        fixed("volume_mute", is_volume_muted=False),
        likes=lambda device, _intent: device.attributes.get("is_volume_muted") is True,
    ),
    "HassSetVolume": Plan(_PLAYERS, set_volume, likes=_plays),
    "HassSetVolumeRelative": Plan(_PLAYERS, change_volume, likes=_plays),
    "HassMediaSearchAndPlay": Plan(_PLAYERS, play, likes=_plays),
}
