"""Drives every operation on revocation with the vendor's SDK, unmodified, over HTTPS and AK/SK, as far as its models allow.

Usage: revocation.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE BUCKET. The bucket exists already; no agency does. Prints one JSON line
per step (see steps.py).
"""

import sys
import time
import urllib.request

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.hazmat.primitives import hashes, serialization
from steps import Sdk, equal, operations, refused, step

endpoint, access_key, secret_key, ca_file, bucket = sys.argv[1:]
sdk = Sdk(endpoint, access_key, secret_key, ca_file)

NAME = {
    "common_name": "SDK CRL",
    "country": "CN",
    "state": "Beijing",
    "locality": "Beijing",
    "organization": "OpenCCM",
    "organizational_unit": "Peers",
}


def configuration(ca_id):
    return sdk.show_certificate_authority(ca_id=ca_id).crl_configuration.to_dict()


def fetched(address, wanted=lambda crl: True):
    """The CRL at an address, waited for at most a second."""
    deadline = time.monotonic() + 1
    while True:
        try:
            with urllib.request.urlopen(address) as answer:
                crl = x509.load_der_x509_crl(answer.read())
            if wanted(crl):
                return crl
        except urllib.error.HTTPError:
            pass
        assert time.monotonic() < deadline, f"{address}: not in time"
        time.sleep(0.02)


def address_in(certificate, extension, method=None):
    value = certificate.extensions.get_extension_for_class(extension).value
    if method is None:
        return value[0].full_name[0].value
    return next(access.access_location.value for access in value if access.access_method == method)


def ocsp_answer(certificate, issuer):
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    address = address_in(certificate, x509.AuthorityInformationAccess, x509.AuthorityInformationAccessOID.OCSP)
    post = urllib.request.Request(
        address,
        request.public_bytes(serialization.Encoding.DER),
        {"Content-Type": "application/ocsp-request"},
    )
    with urllib.request.urlopen(post) as answer:
        return ocsp.load_der_ocsp_response(answer.read())


with step("a root CA to publish for"):
    ca = sdk.create_certificate_authority(
        {
            "type": "ROOT",
            "distinguished_name": NAME,
            "key_algorithm": "EC256",
            "signature_algorithm": "SHA256",
            "validity": {"type": "YEAR", "value": 10},
        }
    ).ca_id
    issuer = x509.load_pem_x509_certificate(
        sdk.export_certificate_authority_certificate(ca_id=ca).certificate.encode()
    )

with step("before the agency: it is not granted, and nothing works that needs it"):
    equal(sdk.show_certificate_authority_obs_agency().agency_granted, "false")
    refused(403, "PCA.00000006", sdk.list_certificate_authority_obs_bucket)
    enable = {"obs_bucket_name": bucket, "valid_days": 7}
    refused(400, "PCA.00020204", sdk.enable_certificate_authority_crl, enable, ca_id=ca)

with step("the agency is created once, on either path"):
    agency_id = sdk.create_certificate_authority_obs_agency().agency_id
    equal(sdk.create_agency().agency_id, agency_id)
    equal(sdk.show_certificate_authority_obs_agency().agency_granted, "true")
    # The wire has a boolean, which Terraform needs; the SDK's model makes a str of it.
    equal(sdk.show_agency().agency_granted, "True")

with step("the buckets are listed"):
    listed = sdk.list_certificate_authority_obs_bucket()
    equal((listed.total, [each.bucket_name for each in listed.obs_buckets]), (1, [bucket]))

with step("enabling a CRL shows its configuration, and publishes it"):
    sdk.enable_certificate_authority_crl(enable, ca_id=ca)
    shown = configuration(ca)
    address = shown.pop("crl_dis_point")
    equal(shown, {"enabled": True, "crl_name": ca, "obs_bucket_name": bucket, "valid_days": 7})
    crl = fetched(address)
    assert crl.is_signature_valid(issuer.public_key())
    equal(len(crl), 0)

with step("OCSP is switched on; again it is told so"):
    sdk.update_ocsp_switch({"ocsp_switch": True}, ca_id=ca)
    refused(403, "PCA.10010071", sdk.update_ocsp_switch, {"ocsp_switch": True}, ca_id=ca)

with step("a certificate names both places, and both follow its revocation"):
    certificate_id = sdk.create_certificate(
        {
            "issuer_id": ca,
            "key_algorithm": "EC256",
            "signature_algorithm": "SHA256",
            "distinguished_name": {"common_name": "SDK leaf"},
            "validity": {"type": "DAY", "value": 30},
        }
    ).certificate_id
    exported = sdk.export_certificate({"type": "OTHER", "is_compressed": "false"}, certificate_id=certificate_id)
    leaf = x509.load_pem_x509_certificate(exported.certificate.encode())
    equal(address_in(leaf, x509.CRLDistributionPoints), address)
    equal(ocsp_answer(leaf, issuer).certificate_status, ocsp.OCSPCertStatus.GOOD)
    sdk.revoke_certificate({"reason": "SUPERSEDED"}, certificate_id=certificate_id)
    answer = ocsp_answer(leaf, issuer)
    equal(
        (answer.certificate_status, answer.revocation_reason),
        (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.superseded),
    )
    crl = fetched(address, lambda crl: len(crl) == 1)
    revoked = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
    equal(revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason, x509.ReasonFlags.superseded)

with step("disabling empties the configuration; OCSP off answers no more"):
    sdk.disable_certificate_authority_crl(ca_id=ca)
    equal(
        configuration(ca),
        {"enabled": False, "crl_name": None, "obs_bucket_name": None, "valid_days": None, "crl_dis_point": None},
    )
    sdk.update_ocsp_switch({"ocsp_switch": False}, ca_id=ca)
    equal(ocsp_answer(leaf, issuer).response_status, ocsp.OCSPResponseStatus.UNAUTHORIZED)
    refused(403, "PCA.10010072", sdk.update_ocsp_switch, {"ocsp_switch": False}, ca_id=ca)

with step("every operation of the client on revocation was called"):
    wanted = operations(lambda path: any(part in path for part in ("/obs/", "/crl/", "/ocsp/", "/agenc")))
    equal(wanted - sdk.called, set())
    assert len(wanted) >= 8, wanted
