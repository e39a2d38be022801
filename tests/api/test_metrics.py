"""Health and metrics, read by Prometheus' own parser."""

import httpx
from api_server import MODEL, serve, served_of
from panel_scene import panel
from prometheus_client.parser import text_string_to_metric_families


def metrics_of(url):
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return {family.name: family for family in families}


def test_requests_are_counted_by_route_and_foreign_paths_make_no_series(tmp_path):
    with serve(served_of(tmp_path)) as server:
        for _ in range(3):
            httpx.post(f"{server.url}/api/generate", json={"model": MODEL, "prompt": "x", "stream": False})
        for n in range(20):
            httpx.get(f"{server.url}/made/up/{n}")
        found = metrics_of(server.url)
    counted = {
        (s.labels["route"], s.labels["status"]): s.value
        for s in found["assistant_http_requests"].samples
        if s.name.endswith("_total")
    }
    assert counted["/api/generate", "200"] == 3
    assert sum(value for (route, _), value in counted.items() if route == "other") == 20
    assert len(counted) < 6
    assert found["assistant_text_waiting"].samples[0].value == 0
    assert found["assistant_process_resident_bytes"].samples[0].value > 1e6


def test_turns_and_their_stages_are_counted(tmp_path):
    with panel(tmp_path) as scene:
        cookie = scene.served.access.add_session("test")
        with httpx.Client(base_url=scene.url, cookies={"assistant_session": cookie}) as client:
            word = client.get("/", headers={"Accept": "text/html"}).text.partition('name="csrf" content="')[2][:64]
            data = {"text": "turn on the kitchen light", "csrf": word}
            assert (
                client.post("/panel/say", data=data, headers={"Accept": "application/json"}).json()["route"] == "match"
            )
        found = metrics_of(scene.url)
        health = httpx.get(f"{scene.url}/health").json()
    (sample,) = [s for s in found["assistant_turns"].samples if s.name.endswith("_total")]
    assert sample.labels == {"route": "match", "source": "panel", "failed": "no"} and sample.value == 1
    stages = {s.labels["stage"] for s in found["assistant_turn_stage_seconds"].samples}
    assert {"nlu", "act", "total"} <= stages
    assert health == {"status": "ok", "model_loaded": True, "state": "idle", "troubles": {}}
