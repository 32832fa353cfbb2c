"""What the API must refuse, by the SDK's exceptions: HTTP status, error code, request id."""

from steps import Sdk, refused, step

NOBODY = "00000000-0000-4000-8000-000000000000"
NAME = {
    "common_name": "Refused",
    "country": "CN",
    "state": "Beijing",
    "locality": "Beijing",
    "organization": "OpenCCM",
    "organizational_unit": "Peers",
}
YEAR = {"type": "YEAR", "value": 1}


def refuse(sdk, root, sub, leaf, pem):
    def ca(code, **fields):
        body = {
            "type": "ROOT",
            "distinguished_name": NAME,
            "key_algorithm": "EC256",
            "signature_algorithm": "SHA256",
            "validity": YEAR,
            **fields,
        }
        refused(404 if code == "PCA.00030103" else 400, code, sdk.create_certificate_authority, body)

    def certificate(code, **fields):
        body = {"issuer_id": sub, "distinguished_name": {"common_name": "refused"}, "validity": YEAR, **fields}
        refused(404 if code == "PCA.00030103" else 400, code, sdk.create_certificate, body)

    with step("refused: what does not exist"):
        refused(404, "PCA.00030102", sdk.show_certificate_authority, ca_id=NOBODY)
        refused(404, "PCA.00030102", sdk.export_certificate_authority_csr, ca_id=NOBODY)
        refused(404, "PCA.00030102", sdk.show_certificate, certificate_id=NOBODY)
        ca("PCA.00030103", type="SUBORDINATE", issuer_id=NOBODY)
        certificate("PCA.00030103", issuer_id=NOBODY)
        body = {"issuer_id": NOBODY, "csr": pem, "validity": YEAR}
        refused(404, "PCA.00030103", sdk.create_certificate_by_csr, body)

    with step("refused: identifiers that are none"):
        refused(400, "PCA.00020201", sdk.show_certificate_authority, ca_id="1")
        refused(400, "PCA.00020301", sdk.show_certificate, certificate_id="1")

    with step("refused: a CA with wrong parameters"):
        ca("PCA.00020202", type="LEAF")
        ca("PCA.00020102", key_algorithm="RSA1024")
        ca("PCA.00020103", signature_algorithm="SHA1")
        ca("PCA.00020109", validity={"type": "YEAR", "value": 31})
        ca("PCA.00020109", validity={"type": "CENTURY", "value": 1})
        ca("PCA.00020101", distinguished_name={**NAME, "country": "CHN"})
        ca("PCA.00020101", distinguished_name={**NAME, "common_name": "<script>"})
        ca("PCA.00020203", type="SUBORDINATE", issuer_id=root, path_length=7)
        ca("PCA.00020204", crl_configuration={"enabled": True, "obs_bucket_name": "bucket", "valid_days": 31})

    with step("refused: a certificate with wrong parameters"):
        certificate("PCA.00020102", key_algorithm="DSA")
        certificate("PCA.00020109", validity={"type": "YEAR", "value": 21})
        certificate("PCA.00020110", subject_alternative_names=[{"type": "DNS", "value": "not a name"}])
        certificate("PCA.00020111", subject_alternative_names=[{"type": "IP", "value": "300.1.1.1"}])
        certificate("PCA.00020112", subject_alternative_names=[{"type": "PHONE", "value": "1"}])

    with step("refused: what is no CSR"):
        refused(400, "PCA.00020401", sdk.parse_certificate_signing_request, {"csr": "no request"})
        body = {"issuer_id": sub, "csr": "no request", "validity": YEAR}
        refused(400, "PCA.00020401", sdk.create_certificate_by_csr, body)

    with step("refused: a list with wrong parameters"):
        refused(400, "PCA.00020404", sdk.list_certificate_authority, status="ACTIVATED")
        refused(400, "PCA.00020001", sdk.list_certificate_authority, limit=1001)
        refused(400, "PCA.00020001", sdk.list_certificate, sort_key="serial_number")

    with step("refused: exports that are not defined"):
        body = {"is_compressed": "false", "type": "IIS"}
        refused(400, "PCA.00020001", sdk.export_certificate, certificate_id=leaf, body=body)
        body = {"is_compressed": "false", "type": "OTHER", "password": "p" * 33}
        refused(400, "PCA.00020001", sdk.export_certificate, certificate_id=leaf, body=body)

    with step("refused: a CA in the wrong state"):
        refused(403, "PCA.00030201", sdk.export_certificate_authority_csr, ca_id=root)
        refused(403, "PCA.00030201", sdk.restore_certificate_authority, ca_id=root)
        activation = {"issuer_id": root, "signature_algorithm": "SHA256", "validity": YEAR}
        refused(403, "PCA.00030201", sdk.issue_certificate_authority_certificate, ca_id=sub, body=activation)


def refuse_strangers(endpoint, access_key, ca_file):
    with step("refused: a wrong secret key, and an access key that nobody has"):
        for key in (access_key, "AKNOBODY000000000000"):
            stranger = Sdk(endpoint, key, "not the secret key of anybody at all!!!", ca_file, account_id="0" * 32)
            refused(401, "APIGW.0301", stranger.list_certificate)
