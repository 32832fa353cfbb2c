"""Drives every operation on tags, and the console's configuration, with the vendor's SDK, unmodified, over HTTPS and AK/SK.

Usage: tags.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE. Prints one JSON line per step (see steps.py).
"""

import sys

from steps import Sdk, equal, operations, refused, step

sdk = Sdk(*sys.argv[1:])

NAME = {
    "common_name": "SDK tags",
    "country": "CN",
    "state": "Beijing",
    "locality": "Beijing",
    "organization": "OpenCCM",
    "organizational_unit": "Peers",
}
COLOURS = [{"key": "colour", "value": "red"}, {"key": "部门", "value": "a/b"}]


def pairs(tags):
    return sorted((tag.key, tag.value) for tag in tags)


root = sdk.create_certificate_authority(
    {
        "type": "ROOT",
        "distinguished_name": NAME,
        "key_algorithm": "EC256",
        "signature_algorithm": "SHA256",
        "validity": {"type": "YEAR", "value": 1},
    }
).ca_id
leaf = sdk.create_certificate(
    {
        "issuer_id": root,
        "key_algorithm": "EC256",
        "signature_algorithm": "SHA256",
        "distinguished_name": {"common_name": "tags.example.test"},
        "validity": {"type": "DAY", "value": 1},
    }
).certificate_id

for kind, field, identifier, name in (("ca", "ca_id", root, "SDK tags"), ("cert", "certificate_id", leaf, "tags.example.test")):
    own = {field: identifier}

    def call(pattern, body=None, kind=kind, **fields):
        arguments = () if body is None else (body,)
        return getattr(sdk, pattern.format(kind))(*arguments, **fields)

    with step(f"{kind}: without tags the list is empty"):
        equal(call("list_{}_tags", **own).tags, [])
        equal(call("list_domain_{}_tags").tags, [])
    with step(f"{kind}: a batch and a single tag are created"):
        call("batch_create_{}_tags", {"tags": COLOURS}, **own)
        call("create_{}_tag", {"tag": {"key": "stage", "value": ""}}, **own)
        equal(pairs(call("list_{}_tags", **own).tags), [("colour", "red"), ("stage", ""), ("部门", "a/b")])
    with step(f"{kind}: every key is listed with its values"):
        tags = {tag.key: tag.values for tag in call("list_domain_{}_tags").tags}
        equal(tags, {"colour": ["red"], "stage": [""], "部门": ["a/b"]})
    with step(f"{kind}: it is found by its tags and its name"):
        search = {
            "tags": [{"key": "colour", "values": ["red", "blue"]}, {"key": "stage", "values": []}],
            "matches": [{"key": "resource_name", "value": name[1:5]}],
            "limit": 50,
        }
        found = call("list_{}_resource_instances", search)
        equal((found.total_count, len(found.resources)), (1, 1))
        resource = found.resources[0]
        equal((resource.resource_id, resource.resource_name), (identifier, name))
        equal(resource.resource_detail[field], identifier)
        equal(pairs(resource.tags), [("colour", "red"), ("stage", ""), ("部门", "a/b")])
        equal(call("count_{}_resource_instances", search).total_count, 1)
    with step(f"{kind}: another value finds nothing, and no condition everything"):
        search = {"tags": [{"key": "colour", "values": ["green"]}]}
        equal(call("list_{}_resource_instances", search).resources, [])
        equal(call("count_{}_resource_instances", search).total_count, 0)
        equal(call("count_{}_resource_instances", {}).total_count, 1)
    with step(f"{kind}: tags are deleted by key and value"):
        call("batch_delete_{}_tags", {"tags": [COLOURS[0], {"key": "stage", "value": "other"}]}, **own)
        equal(pairs(call("list_{}_tags", **own).tags), [("stage", ""), ("部门", "a/b")])
    with step(f"{kind}: what breaks a rule is refused"):
        refused(400, "PCA.00020001", call, "create_{}_tag", {"tag": {"key": "a*", "value": ""}}, **own)
        refused(400, "PCA.00020001", call, "list_{}_resource_instances", {"limit": 15})
        absent = {field: "00000000-0000-4000-8000-000000000000"}
        refused(404, "PCA.00030102", call, "list_{}_tags", **absent)

with step("the console learns what there is"):
    features = sdk.show_console_config().to_dict()
    equal(features["is_support_ocsp"], True)
    equal((features["is_support_dhsm"], features["dhsm_regions"]), (False, []))

with step("every operation of the client on tags was called"):
    wanted = operations(lambda path: path.startswith("/v1/p") and ("/tags" in path or "/resource-instances" in path))
    assert len(wanted) == 14, wanted
    equal(wanted - sdk.called, set())
