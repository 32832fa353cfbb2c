export { encodeSignedAndEnvelopedData } from './encode-signed-and-enveloped-data.ts';
export { encodeSm2EnvelopedKey, openSm2EnvelopedKey } from './enveloped-key.ts';
export { type OpenedEnvelope, openSignedAndEnvelopedData } from './open-signed-and-enveloped-data.ts';
export { decryptSm2, encryptSm2 } from './sm2-encryption.ts';
