"""Devices that are switched and read by HTTP: templates of addresses in the inventory, polled for their state."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import httpx

from assistant.config.environment import read_secret
from assistant.errors import ConfigError, DeviceError
from assistant.home.backend import NoAnswer, NotAvailable, ServiceCall, Sink, SourceStatus
from assistant.home.backends.expect import is_met, momentary, supposed
from assistant.home.backends.following import restore_by_calls
from assistant.home.backends.plain import Refused, plain_text
from assistant.home.backends.template import compile_template
from assistant.home.values import clean_attributes, clean_state
from assistant.types import Device, DeviceState, Home, JsonValue

MOST_BYTES = 64_000
LOOKS = 8
"""So often a device is looked at after a command, until it is what it should be."""
METHODS = ("GET", "POST", "PUT", "PATCH")
_SECRET = re.compile(r"\{file:([^}]+)\}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpDevice:
    """How one device is reached. ``set`` and ``body`` are templates over the state that it shall have (``state``,
    ``brightness``, ``percent``, …); ``state`` and ``attributes`` are templates over what ``get`` answers.
    """

    set: str = ""
    get: str = ""
    method: str = "GET"
    body: str = ""
    state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """``{file:/path}`` in one stands for what the file holds."""
    timeout_s: float = 3.0
    every_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.set and not self.get:
            raise ValueError("it needs 'set' or 'get'")
        for key in ("set", "get"):
            address = getattr(self, key)
            if address and not re.match(r"https?://[^/\s{]", address):
                raise ValueError(f"{key} must begin with http:// or https:// and a host")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}")
        if not 0.1 <= self.timeout_s <= 30 or not 1 <= self.every_s <= 86_400:
            raise ValueError("timeout_s must be from 0.1 to 30, every_s from 1 to 86400")
        try:
            for source in (self.set, self.body, self.state, *self.attributes.values()):
                compile_template(source)
        except Refused as error:
            raise ValueError(str(error)) from error


class HttpSource:
    """Implements ``Source``. ``links``: device id -> how it is reached; their names are the inventory's."""

    name = "http"

    def __init__(
        self,
        devices: tuple[Device, ...],
        links: Mapping[str, HttpDevice],
        *,
        transport: httpx.BaseTransport | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = {device.id: device for device in devices if device.id in links}
        self._links = {key: replace(link, headers=_with_secrets(link.headers)) for key, link in links.items()}
        # No proxy, no redirects: what the owner wrote is what is asked.
        self._client = httpx.Client(transport=transport, follow_redirects=False, trust_env=False)
        self._clock_s = clock_s
        self._sink: Sink | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._ready = threading.Event()
        self._away: dict[str, str] = {}

    # --- Source ------------------------------------------------------------------------------------

    def start(self, sink: Sink) -> None:
        """See ``Source``."""
        self._sink = sink
        sink.devices(Home(devices=tuple(self._devices.values())))
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``Source``."""
        if self._thread is not None:
            self._ending.set()
            self._thread.join()
            self._thread = None
            self._client.close()

    def wait_ready(self, timeout_s: float) -> bool:
        """See ``Source``."""
        return self._ready.wait(timeout_s)

    def status(self) -> SourceStatus:
        """See ``Source``."""
        detail = "; ".join(f"{self._devices[key].name}: {why}" for key, why in list(self._away.items())[:3])
        return SourceStatus(self.name, self._ready.is_set(), detail or "polled", len(self._devices))

    def _run(self) -> None:
        due = {key: self._clock_s() for key, link in self._links.items() if link.get and key in self._devices}
        while not self._ending.is_set():
            for key, at_s in due.items():
                if at_s <= self._clock_s() and not self._ending.is_set():
                    self._poll(key)
                    due[key] = self._clock_s() + self._links[key].every_s
            self._ready.set()
            wait_s = min(due.values(), default=self._clock_s() + 60) - self._clock_s()
            self._ending.wait(max(0.05, wait_s))

    def _poll(self, key: str) -> None:
        try:
            state = self._read(self._devices[key])
            self._away.pop(key, None)
        except DeviceError as error:
            if key not in self._away:
                _log.warning("%s: %s", key, error)
            self._away[key] = str(error)
            state = DeviceState("unavailable", self._devices[key].attributes)
        if self._sink is not None:
            self._sink.state(key, state)

    # --- Backend -----------------------------------------------------------------------------------

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """See ``Backend``."""
        link = self._links.get(device.id)
        wanted = supposed(device, call)
        if link is None or not link.set or wanted is None:
            raise DeviceError(f"{device.name} cannot do that")
        values = _values(wanted, call)
        try:
            address = compile_template(link.set).render({key: _quoted(value) for key, value in values.items()})
            body = compile_template(link.body).render(values) if link.body else None
        except Refused as error:
            raise DeviceError(f"{device.name}: {error}") from error
        self._request(device, link, link.method, address, body)
        if momentary(device):
            return wanted
        if not link.get:
            return DeviceState(wanted.state, {**wanted.attributes, "assumed_state": True})
        for _look in range(LOOKS):
            state = self._read(device)
            if is_met(device, call, state) or self._ending.wait(link.timeout_s / LOOKS):
                break
        return state

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """See ``Backend``."""
        return restore_by_calls(self, device, state)

    def _read(self, device: Device) -> DeviceState:
        link = self._links[device.id]
        text = self._request(device, link, "GET", link.get, None)
        try:
            told = compile_template(link.state).of_payload(text) if link.state else text.strip()
            given = {key: compile_template(source).of_payload(text) for key, source in link.attributes.items()}
        except Refused as error:
            raise DeviceError(f"{device.name} answered what cannot be read: {error}") from error
        static = {key: value for key, value in self._devices[device.id].attributes.items() if key not in given}
        state = plain_text(told)
        state = {"true": "on", "1": "on", "false": "off", "0": "off"}.get(state.lower(), state)
        return DeviceState(clean_state(state, device.domain), {**static, **clean_attributes(given)})

    def _request(self, device: Device, link: HttpDevice, method: str, address: str, body: str | None) -> str:
        try:
            return request_text(self._client, method, address, body, link.headers, link.timeout_s)
        except httpx.TimeoutException:
            raise NoAnswer(device) from None
        except httpx.HTTPStatusError as error:
            raise DeviceError(f"{device.name} refuses: {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise NotAvailable(device) from None


def request_text(
    client: httpx.Client, method: str, address: str, body: str | None, headers: Mapping[str, str], timeout_s: float
) -> str:
    """What a server answers, ``MOST_BYTES`` at most. Raises httpx's errors, and HTTPStatusError for refusals."""
    content = body.encode() if body is not None else None
    given = dict(headers)
    if content is not None and not any(name.lower() == "content-type" for name in given):
        given["Content-Type"] = "application/json" if body is not None and body[:1] in "{[" else "text/plain"
    with client.stream(method, address, content=content, headers=given, timeout=timeout_s) as response:
        if response.status_code >= 300:
            raise httpx.HTTPStatusError("refused", request=response.request, response=response)
        read = b""
        for piece in response.iter_bytes():
            read += piece
            if len(read) > MOST_BYTES:
                raise ValueError("the answer is too long")
    return read.decode("utf-8", "replace")


def _values(wanted: DeviceState, call: ServiceCall) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {**wanted.attributes, **call.data, "state": wanted.state, "service": call.service}
    level = values.get("brightness")
    if isinstance(level, int | float):
        values["percent"] = round(level * 100 / 255)
    color = values.get("rgb_color")
    if isinstance(color, list) and len(color) == 3:
        values |= dict(zip(("red", "green", "blue"), color, strict=True))
    return values


def _quoted(value: JsonValue) -> JsonValue:
    return quote(value, safe="") if isinstance(value, str) else value


def _with_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    def secret(match: re.Match[str]) -> str:
        found = read_secret(Path(match[1]), "secret")
        if found is None or not found.isprintable():
            raise ConfigError(f"{match[1]}: holds no secret of one line")
        return found

    return {key: _SECRET.sub(secret, text) for key, text in headers.items()}
