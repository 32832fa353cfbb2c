"""Drives the operations on keys with the vendor's SDK, unmodified, over HTTPS and AK/SK.

Usage: key_management.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE PROJECT_ID. Prints one JSON line per step (see steps.py).
"""

import base64
import hashlib
import hmac
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkkms.v2 import KmsClient, model
from steps import equal, refused, step

endpoint, access_key, secret_key, ca_file, project_id = sys.argv[1:]
b64 = lambda octets: base64.b64encode(octets).decode()
unb64 = base64.b64decode


class Kms:
    """The vendor's client; kms.create_key(key_alias="a") builds the request, its body and their classes."""

    def __init__(self):
        config = HttpConfig.get_default_config()
        config.ssl_ca_cert = ca_file
        builder = KmsClient.new_builder().with_http_config(config)
        builder = builder.with_credentials(BasicCredentials(access_key, secret_key, project_id))
        self._client = builder.with_region(Region("cn-north-4", endpoint)).build()

    def __getattr__(self, operation):
        def call(path=None, **fields):
            request = getattr(model, "".join(word.title() for word in operation.split("_")) + "Request")(**(path or {}))
            body_type = request.openapi_types.get("body")
            if body_type:
                body_class = getattr(model, body_type)
                request.body = body_class(**{name: build(body_class.openapi_types[name], value) for name, value in fields.items()})
            return getattr(self._client, operation)(request)

        return call


def build(type_name, value):
    if type_name.startswith("list["):
        return [build(type_name[5:-1], item) for item in value]
    model_class = getattr(model, type_name, None)
    if model_class is None or not isinstance(value, dict):
        return value
    return model_class(**{name: build(model_class.openapi_types[name], item) for name, item in value.items()})


kms = Kms()
created = lambda **fields: kms.create_key(**fields).key_info.key_id
detail = lambda key_id: kms.list_key_detail(key_id=key_id).key_info
public_key = lambda key_id: serialization.load_pem_public_key(kms.show_public_key(key_id=key_id).public_key.encode())

with step("a key is made, described, renamed and listed"):
    key = created(key_alias="sdk")
    shown = detail(key)
    equal((shown.key_alias, shown.key_state, shown.key_spec, shown.origin), ("sdk", "2", "AES_256", "kms"))
    kms.update_key_alias(key_id=key, key_alias="sdk-renamed")
    kms.update_key_description(key_id=key, key_description="described")
    shown = detail("alias/sdk-renamed")
    equal((shown.key_id, shown.key_description, shown.scheduled_deletion_date), (key, "described", ""))
    listed = kms.list_keys(limit="10", marker="0")
    equal((listed.keys, listed.total, listed.truncated, listed.next_marker), ([key], 1, "false", ""))
    refused(400, "KMS.1104", kms.create_key, key_alias="sdk-renamed")
    refused(404, "KMS.0207", kms.list_key_detail, key_id="00000000-0000-4000-8000-000000000000")

with step("data is encrypted, decrypted and re-encrypted"):
    encrypted = kms.encrypt_data(key_id=key, plain_text="hello world", additional_authenticated_data="bound")
    decrypted = kms.decrypt_data(cipher_text=encrypted.cipher_text, additional_authenticated_data="bound")
    equal((decrypted.key_id, decrypted.plain_text, decrypted.plain_text_base64), (key, "hello world", b64(b"hello world")))
    refused(400, "KMS.2201", kms.decrypt_data, cipher_text=encrypted.cipher_text)
    other = created(key_alias="sdk-other", key_spec="SM4")
    again = kms.re_encrypt(
        cipher_text=encrypted.cipher_text, source_additional_authenticated_data="bound", destination_key_id=other
    )
    equal(kms.decrypt_data(cipher_text=again.cipher_text).plain_text, "hello world")

with step("data keys come plain and encrypted, with digests that hashlib agrees with"):
    made = kms.create_datakey(key_id=key, datakey_length="512")
    opened = kms.decrypt_datakey(key_id=key, cipher_text=made.cipher_text, datakey_cipher_length="64")
    equal((opened.data_key, opened.datakey_length), (made.plain_text, "64"))
    equal(opened.datakey_dgst.lower(), hashlib.sha256(bytes.fromhex(made.plain_text)).hexdigest())
    brought = bytes(range(32))
    plain_text = (brought + hashlib.sha256(brought).digest()).hex()
    sealed = kms.encrypt_datakey(key_id=key, plain_text=plain_text, datakey_plain_length="32")
    opened = kms.decrypt_datakey(key_id=key, cipher_text=sealed.cipher_text, datakey_cipher_length="32")
    equal(bytes.fromhex(opened.data_key), brought)
    quiet = kms.create_datakey_without_plaintext(key_id=key)
    assert quiet.cipher_text and not hasattr(quiet, "plain_text")
    pair = kms.create_ec_datakey_pair(key_id=key, key_spec="ECC_NIST_P256")
    private = serialization.load_der_private_key(unb64(pair.private_key_plain_text), None)
    spki = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    equal(b64(spki), pair.public_key)
    equal(len(kms.create_random(random_data_length="256").random_data), 64)

with step("signatures over digests are those that the package cryptography verifies"):
    digest = hashlib.sha256(b"to be signed").digest()
    prehashed = utils.Prehashed(hashes.SHA256())
    for spec, algorithm, verify in [
        ("EC_P256", "ECDSA_SHA_256", lambda k, s: k.verify(s, digest, ec.ECDSA(prehashed))),
        ("SECP256K1", "ECDSA_SHA_256", lambda k, s: k.verify(s, digest, ec.ECDSA(prehashed))),
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", lambda k, s: k.verify(s, digest, padding.PKCS1v15(), prehashed)),
        ("RSA_2048", "RSASSA_PSS_SHA_256", lambda k, s: k.verify(s, digest, padding.PSS(padding.MGF1(hashes.SHA256()), 32), prehashed)),
    ]:
        signer = created(key_alias=f"sdk-{spec}-{algorithm}", key_spec=spec)
        signature = kms.sign(key_id=signer, message=b64(digest), signing_algorithm=algorithm).signature
        verify(public_key(signer), unb64(signature))
        verified = lambda text: kms.validate_signature(
            key_id=signer, message=b64(digest), signing_algorithm=algorithm, signature=text
        ).signature_valid
        equal((verified(signature), verified(b64(b"no signature"))), ("true", "false"))
        try:
            verify(public_key(signer), unb64(signature)[:-1] + b"\0\0")
            raise AssertionError("a changed signature was verified")
        except InvalidSignature:
            pass

with step("a shared secret is the one that the package cryptography derives"):
    agreeing = created(key_alias="sdk-agreement", key_spec="EC_P384", key_usage="KEY_AGREEMENT")
    ours = ec.generate_private_key(ec.SECP384R1())
    spki = ours.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    derived = kms.derive_shared_secret(key_id=agreeing, key_agreement_algorithm="ECDH", public_key=b64(spki))
    equal(unb64(derived.shared_secret), ours.exchange(ec.ECDH(), public_key(agreeing)))

with step("a MAC is made and verified"):
    mac_key = created(key_alias="sdk-mac", key_spec="HMAC_256")
    request = {"key_id": mac_key, "mac_algorithm": "HMAC_SHA_256", "message": b64(b"message")}
    mac = kms.generate_mac(**request).mac
    equal((kms.verify_mac(**request, mac=mac).mac_valid, kms.verify_mac(**request, mac="00").mac_valid), (True, False))

with step("material is imported, used, deleted and imported again"):
    external = created(key_alias="sdk-external", origin="external")
    material = hashlib.sha256(b"material").digest()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

    def bring(key_id, secret, **fields):
        parameters = kms.create_parameters_for_import(key_id=key_id, wrapping_algorithm="RSAES_OAEP_SHA_256")
        wrapped = serialization.load_der_public_key(unb64(parameters.public_key)).encrypt(secret, oaep)
        kms.import_key_material(
            key_id=key_id, import_token=parameters.import_token, encrypted_key_material=b64(wrapped), **fields
        )

    bring(external, material)
    sealed = kms.encrypt_data(key_id=external, plain_text="x").cipher_text
    kms.delete_imported_key_material(key_id=external)
    equal(detail(external).key_state, "5")
    refused(400, "KMS.2606", bring, external, bytes(32))
    bring(external, material)
    equal(kms.decrypt_data(cipher_text=sealed).plain_text, "x")

with step("an imported P-256 key signs as itself"):
    imported = created(key_alias="sdk-imported", key_spec="EC_P256", origin="external")
    own = ec.generate_private_key(ec.SECP256R1())
    pkcs8 = own.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    temporary = hmac.digest(b"temporary", b"key", "sha256")
    bring(imported, temporary, encrypted_privatekey=b64(aes_key_wrap_with_padding(temporary, pkcs8)))
    signature = kms.sign(key_id=imported, message=b64(digest), signing_algorithm="ECDSA_SHA_256").signature
    own.public_key().verify(unb64(signature), digest, ec.ECDSA(prehashed))

with step("rotation is set, done on demand and told"):
    kms.enable_key_rotation(key_id=key)
    kms.update_key_rotation_interval(key_id=key, rotation_interval=30)
    kms.rotate_on_demand(key_id=key)
    status = kms.show_key_rotation_status(key_id=key)
    equal((status.key_rotation_enabled, status.rotation_interval, status.number_of_rotations), (True, 30, 1))
    kms.disable_key_rotation(key_id=key)
    equal(kms.decrypt_data(cipher_text=encrypted.cipher_text, additional_authenticated_data="bound").plain_text, "hello world")

with step("tags are made, found and removed"):
    at = {"key_id": key}
    kms.create_kms_tag(at, tag={"key": "DEV", "value": "DEV1"})
    kms.batch_create_kms_tags(at, action="create", tags=[{"key": "team", "value": "blue"}])
    equal(kms.show_kms_tags(at).exist_tags_num, 2)
    equal([tag.key for tag in kms.list_kms_tags().tags], ["DEV", "team"])
    found = kms.list_kms_by_tags({"resource_instances": "resource_instances"}, action="filter", tags=[{"key": "team", "values": ["blue"]}])
    equal((found.total_count, found.resources[0].resource_id, found.resources[0].resource_detail.key_state), (1, key, "2"))
    kms.delete_tag({"key_id": key, "key": "DEV"})
    equal([tag.key for tag in kms.show_kms_tags(at).tags], ["team"])

with step("aliases are made, moved, listed and removed"):
    equal(kms.create_alias(key_id=key, alias="alias/second").alias, "alias/second")
    target = created(key_alias="sdk-target")
    equal(kms.associate_alias(alias="alias/second", target_key_id=target).key_id, target)
    (page,) = kms.list_aliases({"key_id": target}).body
    equal([alias.alias for alias in page.aliases], ["alias/second"])
    kms.delete_alias(key_id=target, aliases=["alias/second"])

with step("keys are counted"):
    resources = {resource.type: resource for resource in kms.show_user_quotas().quotas.resources}
    equal(resources["CMK"].used, kms.show_user_instances().instance_num)
    equal(resources["grant_per_CMK"].quota, 100)

with step("versions are told"):
    equal(kms.show_versions().versions[0].id, "v1.0")
    equal(kms.show_version({"version_id": "v1.0"}).version["id"], "v1.0")

with step("a key is disabled, enabled, and its deletion scheduled and cancelled"):
    equal(kms.disable_key(key_id=key).key_info.key_state, "3")
    refused(400, "KMS.0209", kms.encrypt_data, key_id=key, plain_text="x")
    equal(kms.enable_key(key_id=key).key_info.key_state, "2")
    refused(400, "KMS.1401", kms.delete_key, key_id=key, pending_days="6")
    scheduled = kms.delete_key(key_id=key, pending_days="7")
    equal((scheduled.key_id, scheduled.key_state), (key, "4"))
    equal(kms.cancel_key_deletion(key_id=key).key_state, "3")
