"""What each intent asks of each device: one module for a kind of device. Nothing here touches a device."""

from __future__ import annotations

from assistant.home.intents import alarm, climate, cover, fan, light, media, power, robots, settings
from assistant.home.intents.base import Plan, Refusal, Step

PLANS: dict[str, Plan] = {
    **power.PLANS,
    **light.PLANS,
    **fan.PLANS,
    **cover.PLANS,
    **climate.PLANS,
    **media.PLANS,
    **robots.PLANS,
    **alarm.PLANS,
    **settings.PLANS,
}

__all__ = ["PLANS", "Plan", "Refusal", "Step"]
