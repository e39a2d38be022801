"""Requests made up from the description of the API: none may end in a 5xx, whatever they hold."""

import pytest
import schemathesis
from api_server import serve, served_of
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from assistant.api.limits import RateLimit
from assistant.api.openapi import description

schema = schemathesis.openapi.from_dict(description())
EXAMPLES = 25


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    served = served_of(tmp_path_factory.mktemp("api"))
    served.rate = RateLimit(1e6, 1_000_000)
    with serve(served) as server:
        yield server.url


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_ends_in_a_server_error(case, url):
    response = case.call(base_url=url, timeout=20)
    case.validate_response(response, checks=(not_a_server_error,))
    assert response.status_code < 500
