import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import {
  type BindingBody,
  base64,
  bindingFields,
  bindingOf,
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
import { createDataKey } from './create-data-key.ts';
import { createDataKeyPair, ecPairSpecs } from './create-data-key-pair.ts';
import { decryptDataKey } from './decrypt-data-key.ts';
import { encryptDataKey } from './encrypt-data-key.ts';

const tags = ['kms'];

const creation = Type.Object({
  key_id: keyIdOrAlias,
  key_spec: optionalText,
  datakey_length: optionalNumeric,
  ...bindingFields,
  sequence,
});

interface CreationBody extends BindingBody {
  readonly key_id: string;
  readonly key_spec?: string;
  readonly datakey_length?: string | number;
}

function creationOf(body: CreationBody) {
  return {
    reference: body.key_id,
    keySpec: body.key_spec || undefined,
    dataKeyLength: body.datakey_length,
    binding: bindingOf(body),
  };
}

function creationRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/create-datakey',
    { schema: { operationId: 'createDatakey', tags, body: creation } },
    async (request) => {
      const input = creationOf(request.body);
      const created = await createDataKey(context, callerOf(request), input, 'with plaintext');
      const plainText = upperHex(created.plaintext);
      created.plaintext.fill(0);
      return { key_id: created.keyId, plain_text: plainText, cipher_text: upperHex(created.ciphertext) };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/create-datakey-without-plaintext',
    { schema: { operationId: 'createDatakeyWithoutPlaintext', tags, body: creation } },
    async (request) => {
      const input = creationOf(request.body);
      const created = await createDataKey(context, callerOf(request), input, 'without plaintext');
      created.plaintext.fill(0);
      return { key_id: created.keyId, cipher_text: upperHex(created.ciphertext) };
    },
  );
}

const encryption = Type.Object({
  key_id: keyIdOrAlias,
  plain_text: Type.String(),
  datakey_plain_length: numeric,
  ...bindingFields,
  sequence,
});

const decryption = Type.Object({
  key_id: keyIdOrAlias,
  cipher_text: Type.String(),
  datakey_cipher_length: numeric,
  ...bindingFields,
  sequence,
});

function encryptionRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/encrypt-datakey',
    { schema: { operationId: 'encryptDatakey', tags, body: encryption } },
    async (request) => {
      const { body } = request;
      const range = { field: 'datakey_plain_length', min: 1, max: 1024 };
      const dataKeyBytes = parseBytes(body.datakey_plain_length, 'KMS.2102', range);
      const input = { reference: body.key_id, plainText: body.plain_text, dataKeyBytes };
      const caller = callerOf(request);
      const encrypted = await encryptDataKey(context, caller, { ...input, binding: bindingOf(body) });
      return {
        key_id: encrypted.keyId,
        cipher_text: upperHex(encrypted.ciphertext),
        datakey_length: String(dataKeyBytes),
      };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/decrypt-datakey',
    { schema: { operationId: 'decryptDatakey', tags, body: decryption } },
    async (request) => {
      const { body } = request;
      const range = { field: 'datakey_cipher_length', min: 1, max: 1024 };
      const { dataKey, digest } = await decryptDataKey(context, callerOf(request), {
        reference: body.key_id,
        ciphertext: decodeHex(body.cipher_text, 'KMS.2201', 'cipher_text'),
        dataKeyBytes: parseBytes(body.datakey_cipher_length, 'KMS.2202', range),
        binding: bindingOf(body),
      });
      const answer = { data_key: upperHex(dataKey), datakey_length: String(dataKey.length) };
      dataKey.fill(0);
      return { ...answer, datakey_dgst: upperHex(digest) };
    },
  );
}

const pairFields = {
  key_id: keyId,
  with_plain_text: Type.Optional(Type.Boolean()),
  additional_authenticated_data: optionalText,
  sequence,
};

const rsaPair = Type.Object({ ...pairFields, key_spec: Type.Enum(['RSA_2048', 'RSA_3072', 'RSA_4096']) });
const ecPair = Type.Object({
  ...pairFields,
  key_spec: Type.Enum(Object.keys(ecPairSpecs) as (keyof typeof ecPairSpecs)[]),
});

function pairRoutes(context: KmsContext, api: Api): void {
  for (const [path, operationId, body] of [
    ['create-ec-datakey-pair', 'createEcDatakeyPair', ecPair],
    ['create-rsa-datakey-pair', 'createRsaDatakeyPair', rsaPair],
  ] as const)
    api.post(`/v1.0/:project_id/kms/${path}`, { schema: { operationId, tags, body } }, async (request) => {
      const { key_id: id, key_spec: keySpec, with_plain_text: withPlainText = true } = request.body;
      const additionalAuthenticatedData = request.body.additional_authenticated_data;
      const input = { keyId: id, keySpec, additionalAuthenticatedData };
      const pair = await createDataKeyPair(context, callerOf(request), input);
      const plain = withPlainText ? { private_key_plain_text: base64(pair.privateKeyPkcs8) } : {};
      pair.privateKeyPkcs8.fill(0);
      return {
        key_id: pair.keyId,
        key_spec: keySpec,
        public_key: base64(pair.publicKeySpki),
        private_key_cipher_text: base64(pair.privateKeyCiphertext),
        ...plain,
      };
    });
}

export function dataKeyRoutes(context: KmsContext, api: Api): void {
  creationRoutes(context, api);
  encryptionRoutes(context, api);
  pairRoutes(context, api);
}
