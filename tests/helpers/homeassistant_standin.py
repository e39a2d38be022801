"""A stand-in for Home Assistant that speaks its documented WebSocket protocol, as far as the assistant uses it.

It is no Home Assistant: it knows the messages of developers.home-assistant.io/docs/api/websocket, has a handful of
entities, and does what it is told.
"""

import json
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

TOKEN = "a-long-lived-token"
FLOORS = [{"floor_id": "ground", "name": "Ground Floor", "level": 0, "aliases": ["downstairs"]}]
AREAS = [
    {"area_id": "kitchen", "name": "Kitchen", "floor_id": "ground", "aliases": ["cookhouse"]},
    {"area_id": "den", "name": "Den", "floor_id": None, "aliases": []},
]
DEVICES = [{"id": "dev1", "name": "Plug", "area_id": "den"}]


def entity(entity_id, name, area=None, device=None, **more):
    return {"entity_id": entity_id, "name": name, "area_id": area, "device_id": device, "disabled_by": None} | more


class StandIn:
    """``services`` are the calls that came; ``deaf`` entities take them and do nothing; ``refusing`` fail."""

    def __init__(self):
        self.states = {}
        self.entities = {}
        self.aliases = {}
        self.exposed = set()
        self.items = {}
        self.services = []
        self.deaf = set()
        self.refusing = {}
        self.silent = set()
        self._subscribers = {}
        self._server = None
        self._thread = None
        self.port = 0

    def add(self, entity_id, name, state, area=None, device=None, aliases=(), exposed=True, **attributes):
        self.entities[entity_id] = entity(entity_id, name, area, device)
        self.aliases[entity_id] = list(aliases)
        self.states[entity_id] = {
            "entity_id": entity_id,
            "state": state,
            "attributes": {"friendly_name": name} | attributes,
        }
        if exposed:
            self.exposed.add(entity_id)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self._server = serve(self._serve, "127.0.0.1", self.port)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def stop(self):
        self._server.shutdown()
        self._thread.join()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()

    def set_state(self, entity_id, state, **attributes):
        row = self.states[entity_id]
        row = {**row, "state": state, "attributes": {**row["attributes"], **attributes}}
        self.states[entity_id] = row
        self.fire("state_changed", {"entity_id": entity_id, "new_state": row})

    def fire(self, kind, data):
        for connection, number in list(self._subscribers.get(kind, ())):
            message = {"id": number, "type": "event", "event": {"event_type": kind, "data": data}}
            try:
                connection.send(json.dumps(message))
            except ConnectionClosed:
                self._subscribers[kind].discard((connection, number))

    # --- the protocol ------------------------------------------------------------------------------

    def _serve(self, connection):
        try:
            connection.send(json.dumps({"type": "auth_required", "ha_version": "2026.3.0"}))
            given = json.loads(connection.recv())
            if given != {"type": "auth", "access_token": TOKEN}:
                connection.send(json.dumps({"type": "auth_invalid", "message": "Invalid access token or password"}))
                return
            connection.send(json.dumps({"type": "auth_ok", "ha_version": "2026.3.0"}))
            last = 0
            for text in connection:
                message = json.loads(text)
                assert message["id"] > last, "ids must grow"
                last = message["id"]
                self._answer(connection, message)
        except ConnectionClosed:
            return

    def _answer(self, connection, message):
        kind, number = message["type"], message["id"]
        lists = {
            "get_states": lambda: list(self.states.values()),
            "config/floor_registry/list": lambda: FLOORS,
            "config/area_registry/list": lambda: AREAS,
            "config/device_registry/list": lambda: DEVICES,
            "config/entity_registry/list": lambda: list(self.entities.values()),
            "homeassistant/expose_entity/list": lambda: {
                "exposed_entities": {key: {"conversation": True} for key in self.exposed}
            },
        }
        if kind in lists:
            self._result(connection, number, lists[kind]())
        elif kind == "config/entity_registry/get_entries":
            found = {key: {**self.entities[key], "aliases": self.aliases[key]} for key in message["entity_ids"]}
            self._result(connection, number, found)
        elif kind == "subscribe_events":
            self._subscribers.setdefault(message["event_type"], set()).add((connection, number))
            self._result(connection, number, None)
        elif kind == "todo/item/list":
            self._result(connection, number, {"items": self.items.get(message["entity_id"], [])})
        elif kind == "call_service":
            self._service(connection, message)
        else:
            error = {"code": "unknown_command", "message": "Unknown command."}
            self._send(connection, {"id": number, "type": "result", "success": False, "error": error})

    def _service(self, connection, message):
        target, data = message["target"]["entity_id"], message["service_data"]
        self.services.append((f"{message['domain']}.{message['service']}", target, data))
        if target in self.silent:
            return
        if target in self.refusing:
            error = {"code": "home_assistant_error", "message": self.refusing[target]}
            self._send(connection, {"id": message["id"], "type": "result", "success": False, "error": error})
            return
        if target not in self.deaf:
            self._do(message["service"], target, data)
        self._result(connection, message["id"], {"context": {"id": "01"}})

    def _do(self, service, target, data):
        if service in ("turn_on", "turn_off"):
            self.set_state(target, service.removeprefix("turn_"), **data)
        elif service == "set_temperature":
            self.set_state(target, self.states[target]["state"], **data)
        elif service == "unlock":
            self.set_state(target, "unlocked")
        elif service == "add_item":
            self.items.setdefault(target, []).append({"uid": "1", "summary": data["item"], "status": "needs_action"})
        elif service == "remove_item":
            self.items[target] = [item for item in self.items[target] if item["summary"] != data["item"]]
        elif service == "update_item":
            for item in self.items[target]:
                if item["summary"] == data["item"]:
                    item["status"] = data["status"]

    def _result(self, connection, number, value):
        self._send(connection, {"id": number, "type": "result", "success": True, "result": value})

    def _send(self, connection, message):
        connection.send(json.dumps(message))
