"""Drives every operation on private CAs and private certificates with the vendor's SDK, unmodified, over HTTPS and AK/SK.

Usage: private_ca.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE OUT_FOLDER. Prints one JSON line per step (see steps.py);
leaves root.pem, sub.pem, leaf.pem and chain.pem in OUT_FOLDER for other eyes.
"""

import io
import pathlib
import re
import sys
import zipfile

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from external_ca import ExternalCa, certificate_request
from private_ca_refusals import refuse, refuse_strangers
from steps import Sdk, equal, operations, refused, step

endpoint, access_key, secret_key, ca_file, out_folder = sys.argv[1:]
out = pathlib.Path(out_folder)
sdk = Sdk(endpoint, access_key, secret_key, ca_file)

NAME = {
    "common_name": "SDK root",
    "country": "CN",
    "state": "Beijing",
    "locality": "Beijing",
    "organization": "OpenCCM",
    "organizational_unit": "Peers",
}
YEARS = lambda count: {"type": "YEAR", "value": count}
named = lambda common_name: {**NAME, "common_name": common_name}
status = lambda ca_id: sdk.show_certificate_authority(ca_id=ca_id).status
der = lambda pem: x509.load_pem_x509_certificate(pem.encode())


def create_ca(common_name, **fields):
    body = {"type": "SUBORDINATE", "distinguished_name": named(common_name), "key_algorithm": "EC256", **fields}
    return sdk.create_certificate_authority(body).ca_id


def used(quota):
    (resource,) = quota.quotas.resources
    return resource.type, resource.used, resource.quota


with step("the quotas of a new account are unused"):
    equal(used(sdk.show_certificate_authority_quota()), ("CERTIFICATE_AUTHORITY", 0, 100))
    equal(used(sdk.show_certificate_quota()), ("CERTIFICATE", 0, 100000))

with step("a root CA is active at once and self-signed"):
    root = create_ca("SDK root", type="ROOT", validity=YEARS(10), signature_algorithm="SHA256")
    shown = sdk.show_certificate_authority(ca_id=root)
    equal(
        (shown.ca_id, shown.type, shown.status, shown.issuer_id, shown.issuer_name, shown.path_length, shown.gen_mode),
        (root, "ROOT", "ACTIVED", None, None, 7, "GENERATE"),
    )
    equal(shown.distinguished_name.to_dict(), NAME)
    exported = sdk.export_certificate_authority_certificate(ca_id=root)
    root_certificate = der(exported.certificate)
    equal(root_certificate.issuer, root_certificate.subject)
    equal(str(root_certificate.serial_number), shown.serial_number)
    equal(root_certificate.not_valid_after_utc.timestamp() * 1000 // 1000, shown.not_after // 1000)
    (out / "root.pem").write_text(exported.certificate)

with step("a subordinate CA with an issuer is active at once"):
    sub = create_ca("SDK sub", issuer_id=root, signature_algorithm="SHA256", validity=YEARS(5), path_length=1)
    shown = sdk.show_certificate_authority(ca_id=sub)
    equal((shown.status, shown.issuer_id, shown.issuer_name, shown.path_length), ("ACTIVED", root, "SDK root", 1))
    exported = sdk.export_certificate_authority_certificate(ca_id=sub)
    der(exported.certificate).verify_directly_issued_by(root_certificate)
    equal(der(exported.certificate_chain), root_certificate)
    (out / "sub.pem").write_text(exported.certificate)

with step("a subordinate CA without one waits, gives its CSR and is activated"):
    waiting = create_ca("SDK waiting", key_algorithm="RSA2048")
    equal(status(waiting), "PENDING")
    csr = sdk.export_certificate_authority_csr(ca_id=waiting).csr
    assert "\r\n" in csr and x509.load_pem_x509_csr(csr.encode()).is_signature_valid
    activation = {"issuer_id": root, "signature_algorithm": "SHA384", "validity": YEARS(1), "path_length": 0}
    answer = sdk.issue_certificate_authority_certificate(ca_id=waiting, body=activation)
    equal((answer.status_code, status(waiting)), (204, "ACTIVED"))

with step("a certificate of a foreign CA is imported with its chain; one for another key is refused"):
    external = ExternalCa("External root")
    imported = create_ca("SDK imported")
    csr = x509.load_pem_x509_csr(sdk.export_certificate_authority_csr(ca_id=imported).csr.encode())
    wrong = {"certificate": external.issue_ca(certificate_request("SDK imported")), "certificate_chain": external.pem}
    refused(403, "PCA.00030301", sdk.import_certificate_authority_certificate, ca_id=imported, body=wrong)
    right = {"certificate": external.issue_ca(csr), "certificate_chain": external.pem}
    sdk.import_certificate_authority_certificate(ca_id=imported, body=right)
    shown = sdk.show_certificate_authority(ca_id=imported)
    equal((shown.status, shown.gen_mode, shown.issuer_id), ("ACTIVED", "IMPORT", None))
    exported = sdk.export_certificate_authority_certificate(ca_id=imported)
    equal(der(exported.certificate), der(right["certificate"]))
    equal(der(exported.certificate_chain), der(external.pem))

with step("CAs are listed, filtered, sorted and paged"):
    names = lambda **query: [
        ca.distinguished_name.common_name for ca in sdk.list_certificate_authority(**query).certificate_authorities
    ]
    equal(sdk.list_certificate_authority().total, 4)
    equal(names(), ["SDK imported", "SDK waiting", "SDK sub", "SDK root"])
    equal(names(sort_key="common_name", sort_dir="ASC"), ["SDK imported", "SDK root", "SDK sub", "SDK waiting"])
    equal(names(sort_key="common_name", sort_dir="ASC", limit=2, offset=1), ["SDK root", "SDK sub"])
    equal(names(type="ROOT"), ["SDK root"])
    equal(names(name="wait"), ["SDK waiting"])
    equal(names(status="PENDING"), [])
    equal(used(sdk.show_certificate_authority_quota()), ("CERTIFICATE_AUTHORITY", 4, 100))

with step("a CA is disabled and enabled; disabled, it issues nothing"):
    refused(403, "PCA.00030201", sdk.enable_certificate_authority, ca_id=waiting)
    sdk.disable_certificate_authority(ca_id=waiting)
    equal(status(waiting), "DISABLED")
    body = {"issuer_id": waiting, "distinguished_name": {"common_name": "no"}, "validity": YEARS(1)}
    refused(403, "PCA.00030201", sdk.create_certificate, body)
    sdk.enable_certificate_authority(ca_id=waiting)
    equal(status(waiting), "ACTIVED")

with step("a certificate is issued with a generated key and all that can be asked for"):
    body = {
        "issuer_id": sub,
        "key_algorithm": "EC256",
        "signature_algorithm": "SHA256",
        "distinguished_name": {"common_name": "localhost"},
        "validity": {"type": "DAY", "value": 30},
        "key_usages": ["digitalSignature", "keyAgreement"],
        "subject_alternative_names": [{"type": "DNS", "value": "localhost"}, {"type": "IP", "value": "127.0.0.1"}],
        "extended_key_usage": {"server_auth": True, "client_auth": True},
    }
    leaf = sdk.create_certificate(body).certificate_id
    shown = sdk.show_certificate(certificate_id=leaf)
    equal((shown.certificate_id, shown.status, shown.issuer_id, shown.gen_mode), (leaf, "ISSUED", sub, "GENERATE"))
    equal(shown.distinguished_name.organization, "OpenCCM")
    exported = sdk.export_certificate(certificate_id=leaf, body={"is_compressed": "false", "type": "OTHER"})
    certificate = der(exported.certificate)
    equal(str(certificate.serial_number), shown.serial_number)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    equal(alternatives.get_values_for_type(x509.DNSName), ["localhost"])
    equal([str(address) for address in alternatives.get_values_for_type(x509.IPAddress)], ["127.0.0.1"])
    key = serialization.load_pem_private_key(exported.private_key.encode(), None)
    equal(key.public_key(), certificate.public_key())
    issuers = x509.load_pem_x509_certificates(exported.certificate_chain.encode())
    certificate.verify_directly_issued_by(issuers[0])
    equal(issuers[-1], root_certificate)
    (out / "leaf.pem").write_text(exported.certificate)
    (out / "chain.pem").write_text(exported.certificate_chain)

with step("an exported key is encrypted with the password given"):
    body = {"is_compressed": "false", "type": "APACHE", "password": "Secret_1"}
    pem = sdk.export_certificate(certificate_id=leaf, body=body).private_key.encode()
    equal(serialization.load_pem_private_key(pem, b"Secret_1").public_key(), certificate.public_key())

with step("the ZIP of each server type holds its files"):
    expected = {
        "APACHE": {"server.key", "server.crt", "chain.crt"},
        "NGINX": {"server.key", "server.crt"},
        "IIS": {"server.pfx", "keystorePass.txt"},
        "TOMCAT": {"server.jks", "keystorePass.txt"},
        "OTHER": {"server.key", "server.pem", "chain.pem"},
    }
    for server_type, files in expected.items():
        body = {"is_compressed": "true", "type": server_type}
        archive = zipfile.ZipFile(io.BytesIO(sdk.export_certificate(certificate_id=leaf, body=body).raw_content))
        equal(set(archive.namelist()), files)
        if server_type == "IIS":
            password = archive.read("keystorePass.txt").strip()
            store = pkcs12.load_pkcs12(archive.read("server.pfx"), password)
            equal(store.key.public_key(), certificate.public_key())
            equal(store.cert.certificate, certificate)
            equal(len(store.additional_certs), 2)

with step("a CSR is parsed and a certificate issued for it, whose key the server does not have"):
    request = certificate_request("device-1.example.test")
    pem = request.public_bytes(serialization.Encoding.PEM).decode()
    parsed = sdk.parse_certificate_signing_request({"csr": pem})
    equal((parsed.key_algorithm, parsed.key_algorithm_length), ("EC", 256))
    equal(parsed.distinguished_name.common_name, "device-1.example.test")
    assert serialization.load_pem_public_key(parsed.public_key.encode()) == request.public_key()
    body = {"issuer_id": sub, "csr": pem, "validity": YEARS(1)}
    device = sdk.create_certificate_by_csr(body).certificate_id
    equal(sdk.show_certificate(certificate_id=device).gen_mode, "CSR")
    exported = sdk.export_certificate(certificate_id=device, body={"is_compressed": "false", "type": "NGINX"})
    equal(exported.private_key, None)
    equal(der(exported.certificate).public_key(), request.public_key())

with step("a CSR with newlines written as backslash and n is understood"):
    body = {"issuer_id": sub, "csr": pem.strip().replace("\n", "\\n"), "validity": YEARS(1)}
    sdk.create_certificate_by_csr(body)

with step("an intermediate CA for a CSR is outside list and quota, but shown and exported"):
    body = {"issuer_id": sub, "csr": pem, "validity": YEARS(1), "type": "INTERMEDIATE_CA", "path_length": 0}
    foreign_sub = sdk.create_certificate_by_csr(body).certificate_id
    equal(sdk.show_certificate_authority(ca_id=foreign_sub).gen_mode, "CSR")
    basic = der(sdk.export_certificate_authority_certificate(ca_id=foreign_sub).certificate).extensions
    equal(basic.get_extension_for_class(x509.BasicConstraints).value, x509.BasicConstraints(ca=True, path_length=0))
    equal(used(sdk.show_certificate_authority_quota())[1], 4)
    equal(sdk.list_certificate_authority().total, 4)

with step("certificates are listed, filtered, sorted and paged"):
    names = lambda **query: [item.distinguished_name.common_name for item in sdk.list_certificate(**query).certificates]
    equal(sdk.list_certificate().total, 3)
    equal(names(), ["device-1.example.test", "device-1.example.test", "localhost"])
    equal(names(sort_key="common_name", sort_dir="DESC", limit=1), ["localhost"])
    equal(names(name="local", status="ISSUED"), ["localhost"])
    equal(names(offset=3), [])
    equal(used(sdk.show_certificate_quota()), ("CERTIFICATE", 3, 100000))

refuse(sdk, root=root, sub=sub, leaf=leaf, pem=pem)
refuse_strangers(endpoint, access_key, ca_file)

with step("a revoked certificate is not exported"):
    sdk.revoke_certificate(certificate_id=device, body={"reason": "KEY_COMPROMISE"})
    equal(sdk.show_certificate(certificate_id=device).status, "REVOKED")
    body = {"is_compressed": "false", "type": "OTHER"}
    refused(403, "PCA.00030201", sdk.export_certificate, certificate_id=device, body=body)

with step("a deleted certificate is gone, and so is its use of the quota"):
    sdk.delete_certificate(certificate_id=device)
    refused(404, "PCA.00030102", sdk.show_certificate, certificate_id=device)
    equal(used(sdk.show_certificate_quota())[1], 2)

with step("only a subordinate CA is revoked"):
    refused(403, "PCA.00030201", sdk.revoke_certificate_authority, ca_id=root, body={"reason": "SUPERSEDED"})
    equal(sdk.revoke_certificate_authority(ca_id=waiting, body={"reason": "SUPERSEDED"}).status_code, 204)

with step("a deletion is scheduled, and undone"):
    refused(403, "PCA.00030201", sdk.delete_certificate_authority, ca_id=imported, pending_days="7")
    sdk.disable_certificate_authority(ca_id=imported)
    sdk.delete_certificate_authority(ca_id=imported, pending_days="7")
    shown = sdk.show_certificate_authority(ca_id=imported)
    equal((shown.status, shown.delete_time is None), ("DELETED", False))
    sdk.restore_certificate_authority(ca_id=imported)
    shown = sdk.show_certificate_authority(ca_id=imported)
    equal((shown.status, shown.delete_time), ("DISABLED", None))

with step("a CA that waits is deleted at once"):
    unwanted = create_ca("SDK unwanted")
    sdk.delete_certificate_authority(ca_id=unwanted, pending_days="7")
    refused(404, "PCA.00030102", sdk.show_certificate_authority, ca_id=unwanted)

with step("every operation of the client on private CAs and certificates was called"):
    elsewhere = re.compile("/(tags|resource-instances|obs|crl|ocsp|agency|agencies|order)(/|$)")
    wanted = operations(lambda path: path.startswith("/v1/private-certificate") and not elsewhere.search(path))
    assert len(wanted) >= 22, wanted
    equal(sorted(wanted - sdk.called), [])
