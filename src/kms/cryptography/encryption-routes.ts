import { Type } from 'typebox';
import { type Api, anyCharacter } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { callerOf } from '../request-caller.ts';
import {
  base64,
  bindingFields,
  bindingOf,
  decodeBase64,
  decodeHex,
  keyId,
  keyIdOrAlias,
  numeric,
  optionalNumeric,
  optionalText,
  parseBytes,
  sequence,
  upperHex,
} from '../request-fields.ts';
import { decryptData } from './decrypt-data.ts';
import { encryptData } from './encrypt-data.ts';
import { generateRandom } from './generate-random.ts';
import { reEncrypt } from './re-encrypt.ts';

const tags = ['kms'];
/** Base64 characters of the shortest and the longest ciphertext of data. */
const shortestCipherText = 128;
const longestCipherText = 5648;

const encryption = Type.Object({
  key_id: keyIdOrAlias,
  plain_text: Type.String({ minLength: 1, maxLength: 4096, ...anyCharacter }),
  encryption_algorithm: optionalText,
  ...bindingFields,
  sequence,
});

const decryption = Type.Object({
  cipher_text: Type.String({ minLength: shortestCipherText, maxLength: longestCipherText }),
  encryption_algorithm: optionalText,
  key_id: Type.Optional(keyIdOrAlias),
  ...bindingFields,
  sequence,
});

function dataRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/encrypt-data',
    { schema: { operationId: 'encryptData', tags, body: encryption } },
    async (request) => {
      const { body } = request;
      const encrypted = await encryptData(context, callerOf(request), {
        reference: body.key_id,
        plainText: body.plain_text,
        encryptionAlgorithm: body.encryption_algorithm,
        binding: bindingOf(body),
      });
      return { key_id: encrypted.keyId, cipher_text: base64(encrypted.ciphertext) };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/decrypt-data',
    { schema: { operationId: 'decryptData', tags, body: decryption } },
    async (request) => {
      const { body } = request;
      const decrypted = await decryptData(context, callerOf(request), {
        reference: body.key_id,
        ciphertext: decodeBase64(body.cipher_text, 'KMS.2201', 'cipher_text'),
        encryptionAlgorithm: body.encryption_algorithm,
        binding: bindingOf(body),
      });
      return {
        key_id: decrypted.keyId,
        plain_text: decrypted.plaintext.toString('utf8'),
        plain_text_base64: base64(decrypted.plaintext),
      };
    },
  );
}

const reEncryption = Type.Object({
  source_key_id: Type.Optional(keyId),
  source_additional_authenticated_data: optionalText,
  source_encryption_algorithm: optionalText,
  destination_key_id: keyId,
  destination_additional_authenticated_data: optionalText,
  destination_encryption_algorithm: optionalText,
  datakey_cipher_length: optionalNumeric,
  cipher_text: Type.String({ minLength: 1 }),
});

/** Data keys travel as hexadecimal, data as Base64, and the answer is in the form of the request. */
function formOf(cipherText: string) {
  return /^([0-9A-Fa-f]{2})+$/.test(cipherText)
    ? ({ kind: 'data key', decode: decodeHex, encode: upperHex } as const)
    : ({ kind: 'data', decode: decodeBase64, encode: base64 } as const);
}

function reEncryptionRoute(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/re-encrypt',
    { schema: { operationId: 'reEncrypt', tags, body: reEncryption } },
    async (request) => {
      const { body } = request;
      const form = formOf(body.cipher_text);
      const length = body.datakey_cipher_length || undefined;
      const range = { field: 'datakey_cipher_length', min: 1, max: 1024 };
      const done = await reEncrypt(context, callerOf(request), {
        sourceKeyId: body.source_key_id,
        sourceAlgorithm: body.source_encryption_algorithm,
        sourceData: body.source_additional_authenticated_data,
        destinationKeyId: body.destination_key_id,
        destinationAlgorithm: body.destination_encryption_algorithm,
        destinationData: body.destination_additional_authenticated_data,
        ciphertext: form.decode(body.cipher_text, 'KMS.2201', 'cipher_text'),
        kind: form.kind,
        dataKeyBytes: length === undefined ? undefined : parseBytes(length, 'KMS.2202', range),
      });
      return {
        key_id: done.destinationKeyId,
        source_key_id: done.sourceKeyId,
        source_encryption_algorithm: body.source_encryption_algorithm ?? 'SYMMETRIC_DEFAULT',
        destination_encryption_algorithm: body.destination_encryption_algorithm ?? 'SYMMETRIC_DEFAULT',
        cipher_text: form.encode(done.ciphertext),
      };
    },
  );
}

function randomRoute(context: KmsContext, api: Api): void {
  const random = Type.Object({ random_data_length: numeric, sequence });
  api.post(
    '/v1.0/:project_id/kms/gen-random',
    { schema: { operationId: 'createRandom', tags, body: random } },
    async (request) => {
      const { random_data_length: length } = request.body;
      if (length === '') throw kmsError('KMS.0204', 'random_data_length is mandatory.');
      return { random_data: upperHex(await generateRandom(context, callerOf(request), length)) };
    },
  );
}

export function encryptionRoutes(context: KmsContext, api: Api): void {
  dataRoutes(context, api);
  reEncryptionRoute(context, api);
  randomRoute(context, api);
}
