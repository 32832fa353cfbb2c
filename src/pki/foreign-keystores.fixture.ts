// One Ed25519 key with its self-signed certificate, under the alias `alpha` and the password `changeit`.
// Made for these tests; the key is used nowhere.

/** The key, PKCS #8 in DER. */
export const foreignKey = Buffer.from(
  'MC4CAQAwBQYDK2VwBCIEIOFQHSchJxJaGlcQDXsTWz7Tz1j7CnJCuKHnfc/COgM/',
  'base64',
);

/** `openssl pkcs12 -export` of OpenSSL 3.0: PBES2 with AES-256, 2048 rounds, MAC with SHA-256. */
export const opensslPfx = fromBase64(
  'MIIDogIBAzCCA1gGCSqGSIb3DQEHAaCCA0kEggNFMIIDQTCCAjIGCSqGSIb3DQEHBqCCAiMwggIfAgEAMIICGAYJKoZIhvcNAQcB' +
    'MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgqMLe3iVPTAwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEHs' +
    'z457tecPad68pndnAa6AggGwoGh7LM0AEb8DhrIzHxn7jRzta4NpAbBsr7u5iHxnAgmM9D2mcpl5/LxLH7wO12LaHVjpTykPYVpV' +
    '2l+RIpHW+eC/DYPDyYCNMJ2HIRcyxMGb55L9wmOMDSvY5g5B5dcqawRvOvtYPjXuS5QqUH7t5f/E36kqycMffIs8zp//FV0iG8d9' +
    '+rseKkP6lpcBeOpDVZP8dT41xJa7tDcsj+9ogOkdFiX6+BLqO8OAFT/T5X+pQxQFcfigqtyzxiw4tTLowN+lyhi9F7BYpEa21XGe' +
    'Kqpb6zp65u142n8GPRLIoKBSiplj4tREjr11A4FibwoxFrcnRP8qy4Kem4iS17Wqp/lngm0YJwi7Lrz2LTmMrASSCXAQO1ZFt4iT' +
    'jtPMIy7a3ak9weXI8u+28gj2A7XtWGFxOa6SPc0y0zAG89YBlk9R+P22yh8Rag5l+nvheMfWvmUbzw7KrfpCUl7cnUJIX5d0RLkf' +
    'vGdoynkvuB0mu2PE+tveSO3AF/+tJLQDu+2LNOEGmqWvURdrc8h2OhZ9c4mcbU18kyMBWWfKP/uPjrwO+0vz6reVyeKU3LWSdgFJ' +
    'MIIBBwYJKoZIhvcNAQcBoIH5BIH2MIHzMIHwBgsqhkiG9w0BDAoBAqCBnjCBmzBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQww' +
    'HAQIvlIEoEIaNSkCAggAMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBAEFWK/JShg8scTOi/kdm34BEBrbkWLOFkJb/kR3quz' +
    '1p2YKDqXwjGGky8xElZqCceNRI7u7+WYL454aSOrPFRtG8kd8jb09h/u3Eeo3owbgGM/MUAwGQYJKoZIhvcNAQkUMQweCgBhAGwA' +
    'cABoAGEwIwYJKoZIhvcNAQkVMRYEFJyohKNAGqmiIGCB++hJo7IT9IznMEEwMTANBglghkgBZQMEAgEFAAQgX+VLAoiw1ixSf/JS' +
    'Lcgf9apU+ZR5oNbCJNntoKFXOkAECBYEIlrBLhaPAgIIAA==',
);

/** The same with `-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1`. */
export const opensslTripleDesPfx = fromBase64(
  'MIIDCQIBAzCCAs8GCSqGSIb3DQEHAaCCAsAEggK8MIICuDCCAe8GCSqGSIb3DQEHBqCCAeAwggHcAgEAMIIB1QYJKoZIhvcNAQcB' +
    'MBwGCiqGSIb3DQEMAQMwDgQIWVskXvyR8iECAggAgIIBqDc1iixOTImPkgax1rsSNvO9otK8LqmrMNanLmscfc2wJESTIoMwe4NG' +
    'nOrN1+/Kj3Qz+6zvEGRKUbu+vn8M9XVqD+CrQE5n2Tm23gzMnUedFFpYFv0H4a7/injeW4Sw50k4JROKq2FprMBEfkBsTv4vmx6v' +
    't8+Jlu8rdLldA08UUE2TkOpu7r7uhIkUX/3NdCZycCxszd3l4J8MXy1sVWXiHAocSf67rp0qbxquhNcWC01TmBFL+RgsSEiBhR9r' +
    'NeZ5EL+zaR0XLJ/Gm/5YIo83PuVm77JyGl5EWTSww+Fd4bl1SDmG52MRkwg+9nMgcwsBrNNZquFGmjCW2zu3UFRfwH3L68RylMCt' +
    '4cn5neYCTNSaRRSRemIIH1vRCvQ5qCO+R/9sy/9sDSyam2Tow2bXYthBfde6Yl2FiiSh7V4tThNSuWepIhB/Jy3wS8yV0gBZpDbj' +
    'uPBp2mowLNBfak18GcEGcaLOc4kbTuWZnMYDErBX8RZnVH+eTqXhfrz4nMMeVqRg1Ws+amVZU1HT8CVs8eFmZJbNKSN1goGeWlwX' +
    'RKfTiA7FuNwwgcIGCSqGSIb3DQEHAaCBtASBsTCBrjCBqwYLKoZIhvcNAQwKAQKgWjBYMBwGCiqGSIb3DQEMAQMwDgQImMwb4fxF' +
    'VA0CAggABDi2AEr82ZwPXUq56e0qOSVx1VdGIZfWIK/lPNkfXt4hEKECIdbUb/vYu/VPN5dTeWqgxATU4BQVxzFAMBkGCSqGSIb3' +
    'DQEJFDEMHgoAYQBsAHAAaABhMCMGCSqGSIb3DQEJFTEWBBScqISjQBqpoiBggfvoSaOyE/SM5zAxMCEwCQYFKw4DAhoFAAQUahbo' +
    'Jwo8SMr8H1x2uwyrE/K188AECJVI0x7INHYWAgIIAA==',
);

/** `keytool -importkeystore -deststoretype JKS` of Java 17. */
export const keytoolJks = fromBase64(
  '/u3+7QAAAAIAAAABAAAAAQAFYWxwaGEAAAGh/9pgwwAAAGwwajAOBgorBgEEASoCEQEBBQAEWHa1hY0j88uxTb14Ths/9vDN0nOj' +
    'f3YovaeyBBGJ/YqQY8ONx0jZVNRSBGfFQLyFbIEQXWqoeaDFkjlIF4jNsTdCHY+9lpoeEOYTo7+k6v2THk62d+w9nZoAAAABAAVY' +
    'LjUwOQAAATAwggEsMIHfoAMCAQICFDrj5JDjnmJYrBmjC0ml8zlKBDlPMAUGAytlcDAMMQowCAYDVQQDDAF4MB4XDTI2MTEyMTIw' +
    'NDQyM1oXDTM2MTExODIwNDQyM1owDDEKMAgGA1UEAwwBeDAqMAUGAytlcAMhAH6040snuh1MhndBO5+wGtr94nvUaZEY24EPU3Q2' +
    'AtPbo1MwUTAdBgNVHQ4EFgQUYq8cHzpye8u70fBiC1FgFPURchQwHwYDVR0jBBgwFoAUYq8cHzpye8u70fBiC1FgFPURchQwDwYD' +
    'VR0TAQH/BAUwAwEB/zAFBgMrZXADQQDR5Mb0a8aXNmf8vgnVj+MG6lsUzsmsovAlOne2dOgcy94m93hqv2qqnevFnn1LfSTbZWDZ' +
    'ljVfBH5J30T27z8CQ8jk9Bwnmqy78UOmyFNUsWAU3i4=',
);

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
