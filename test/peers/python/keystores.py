"""Prints as JSON what `cryptography` and `pyjks` find in a PFX, an encrypted key and a JKS: keystores.py FOLDER PASSWORD."""

import json
import pathlib
import sys

import jks
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12


def pkcs8(key):
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex()


folder, password = pathlib.Path(sys.argv[1]), sys.argv[2]
pfx = load_pkcs12((folder / "server.pfx").read_bytes(), password.encode())
key = load_pem_private_key((folder / "server.key").read_bytes(), password.encode())
(entry,) = jks.KeyStore.load(folder / "server.jks", password).private_keys.values()
print(
    json.dumps(
        {
            "pfx": {
                "key": pkcs8(pfx.key),
                "name": pfx.cert.friendly_name.decode(),
                "certificates": [
                    each.certificate.public_bytes(Encoding.DER).hex() for each in [pfx.cert, *pfx.additional_certs]
                ],
            },
            "key": pkcs8(key),
            "jks": {
                "key": entry.pkey_pkcs8.hex(),
                "name": entry.alias,
                "certificates": [certificate.hex() for _, certificate in entry.cert_chain],
            },
        }
    )
)
