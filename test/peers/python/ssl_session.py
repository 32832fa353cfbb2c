"""Calls operations on SSL certificates with the vendor's SDK, unmodified, over HTTPS and AK/SK, as a test asks for them.

Usage: ssl_session.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE. Reads one JSON line per call, {operation, fields, body}, from
standard input, and answers each with one: {result}, or {status, code, message} where the service refused it.
"""

import json
import sys

from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkscm.v3 import ScmClient, model

endpoint, access_key, secret_key, ca_file = sys.argv[1:]
config = HttpConfig.get_default_config()
config.ssl_ca_cert = ca_file
# The client asks GET /v3/auth/domains for the account by itself.
credentials = GlobalCredentials(access_key, secret_key).with_iam_endpoint(endpoint)
client = (
    ScmClient.new_builder()
    .with_http_config(config)
    .with_credentials(credentials)
    .with_region(Region("cn-north-4", endpoint))
    .build()
)


def build(type_name, value):
    """The client's model classes out of dicts, so that its serialization is what goes over the wire."""
    if type_name.startswith("list["):
        return [build(type_name[5:-1], item) for item in value]
    model_class = getattr(model, type_name, None)
    if model_class is None or not isinstance(value, dict):
        return value
    types = model_class.openapi_types
    return model_class(**{key: build(types[key], item) for key, item in value.items()})


def call(operation, fields, body):
    request_class = getattr(model, "".join(word.title() for word in operation.split("_")) + "Request")
    request = request_class(**fields)
    if body is not None:
        request.body = build(request_class.openapi_types["body"], body)
    try:
        return {"result": getattr(client, operation)(request).to_dict()}
    except ServiceResponseException as refusal:
        return {"status": refusal.status_code, "code": refusal.error_code, "message": refusal.error_msg}


for line in sys.stdin:
    asked = json.loads(line)
    answer = call(asked["operation"], asked.get("fields", {}), asked.get("body"))
    print(json.dumps(answer, default=str), flush=True)
