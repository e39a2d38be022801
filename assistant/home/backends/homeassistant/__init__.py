"""The devices of a Home Assistant, by its WebSocket API."""
