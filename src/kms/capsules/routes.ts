import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { base64, decodeBase64, keyId, optionalText } from '../request-fields.ts';
import { createCapsule } from './create-capsule.ts';
import { decryptCapsule } from './decrypt-capsule.ts';
import { parseRsaPublicKey, presentDataKey } from './wrapped-data-key.ts';

const tags = ['kms'];

/** Length of an RSA key of 8192 bits in Base64 or PEM, and of a signature: more is never needed. */
const attestedText = Type.Optional(Type.String({ maxLength: 4_096 }));
/** Characters of a policy that stands in a capsule; the capsule in Base64 is longer than any with such a policy. */
const longestPolicy = 16_384;
const longestCapsule = 262_144;

const creation = Type.Object({
  key_id: keyId,
  datakey_length: Type.String(),
  public_key: optionalText,
  policy_id: optionalText,
  key_policy: Type.Optional(Type.String({ maxLength: longestPolicy })),
});

const decryption = Type.Object({
  key_id: keyId,
  public_key: optionalText,
  datakey_capsule: Type.String({ maxLength: longestCapsule }),
  attestation_document: Type.Object({
    ecs_signature: attestedText,
    custom_signature: attestedText,
    custom_public_key: attestedText,
    expire_time: attestedText,
    service_token: attestedText,
  }),
});

const publicKeyOf = (text: string | undefined) => (text ? parseRsaPublicKey(text) : undefined);

export function capsuleRoutes(context: KmsContext, api: Api): void {
  const base = '/v1.0/:project_id/kms/datakey-capsule';
  const { random } = context;
  api.post(
    `${base}/create`,
    { schema: { operationId: 'createDatakeyCapsule', tags, body: creation } },
    async (request) => {
      const publicKey = publicKeyOf(request.body.public_key);
      const created = await createCapsule(context, callerOf(request), {
        keyId: request.body.key_id,
        dataKeyLength: request.body.datakey_length,
        policyId: request.body.policy_id || undefined,
        keyPolicy: request.body.key_policy || undefined,
      });
      const dataKey = presentDataKey(created.dataKey, publicKey, random);
      created.dataKey.fill(0);
      return { key_id: created.keyId, ...dataKey, datakey_capsule: base64(created.capsule) };
    },
  );
  api.post(
    `${base}/decrypt`,
    { schema: { operationId: 'decryptDatakeyCapsule', tags, body: decryption } },
    async (request) => {
      const { body } = request;
      const publicKey = publicKeyOf(body.public_key);
      const opened = await decryptCapsule(context, callerOf(request), {
        keyId: body.key_id,
        capsule: decodeBase64(body.datakey_capsule, 'KMS.2201', 'datakey_capsule'),
        attestation: body.attestation_document,
      });
      const dataKey = presentDataKey(opened.dataKey, publicKey, random);
      opened.dataKey.fill(0);
      return { key_id: opened.keyId, instance_id: opened.instanceId, ...dataKey };
    },
  );
}
