"""Steps of a driver: each prints one JSON line {name, error}, so that the test runner can show it as a test of its own."""

import contextlib
import json
import traceback

from huaweicloudsdkccm.v1 import CcmClient, model
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region


@contextlib.contextmanager
def step(name):
    """Runs the block; reports how it ended and goes on, so that one failure does not hide the next."""
    error = None
    try:
        yield
    except Exception:
        error = traceback.format_exc()
    print(json.dumps({"name": name, "error": error}), flush=True)


class Sdk:
    """The vendor's client, unmodified; remembers which operations were called."""

    def __init__(self, endpoint, access_key, secret_key, ca_file, account_id=None):
        config = HttpConfig.get_default_config()
        config.ssl_ca_cert = ca_file
        # The client asks GET /v3/auth/domains for the account by itself, if no account is given.
        credentials = GlobalCredentials(access_key, secret_key, account_id).with_iam_endpoint(endpoint)
        self._client = (
            CcmClient.new_builder()
            .with_http_config(config)
            .with_credentials(credentials)
            .with_region(Region("cn-north-4", endpoint))
            .build()
        )
        self.called = set()

    def __getattr__(self, operation):
        """sdk.show_certificate(certificate_id=...): builds the operation's request; a `body` may be a dict of its fields."""

        def call(body=None, **fields):
            self.called.add(operation)
            request_class = getattr(model, "".join(word.title() for word in operation.split("_")) + "Request")
            request = request_class(**fields)
            if body is not None:
                request.body = _build(request_class.openapi_types["body"], body)
            return getattr(self._client, operation)(request)

        return call


def operations(is_wanted):
    """The names of all operations of the client whose path is wanted."""
    found = set()
    for name in dir(CcmClient):
        if name.startswith("_") and name.endswith("_http_info"):
            operation = name[1 : -len("_http_info")]
            request_class = getattr(model, "".join(word.title() for word in operation.split("_")) + "Request")
            if is_wanted(getattr(CcmClient, name)(request_class())["resource_path"]):
                found.add(operation)
    return found


def _build(type_name, value):
    """Builds the client's model classes out of dicts, so that its serialization is what goes over the wire."""
    if type_name.startswith("list["):
        return [_build(type_name[5:-1], item) for item in value]
    model_class = getattr(model, type_name, None)
    if model_class is None or not isinstance(value, dict):
        return value
    types = model_class.openapi_types
    return model_class(**{key: _build(types[key], item) for key, item in value.items()})


def refused(status, code, call, /, *arguments, **fields):
    """Passes if the call is refused with this status and error code."""
    try:
        call(*arguments, **fields)
    except ServiceResponseException as refusal:
        assert (refusal.status_code, refusal.error_code) == (status, code), refusal
        assert refusal.request_id, "no request id"
        assert refusal.error_msg, "no message"
        return
    raise AssertionError(f"was not refused; expected {status} {code}")


def equal(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"
