import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import {
  base64,
  decodeBase64,
  decodeHex,
  isBase64,
  keyId,
  keyIdOrAlias,
  sequence,
} from '../request-fields.ts';
import { deriveSharedSecret } from './derive-shared-secret.ts';
import { generateMac, verifyMac } from './mac.ts';
import { sign } from './sign.ts';
import { verify } from './verify.ts';

const tags = ['kms'];

const signing = {
  key_id: keyIdOrAlias,
  message: Type.String(),
  signing_algorithm: Type.String(),
  message_type: Type.Optional(Type.Enum(['DIGEST', 'RAW'])),
  sequence,
};

function signingRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/sign',
    { schema: { operationId: 'sign', tags, body: Type.Object(signing) } },
    async (request) => {
      const { body } = request;
      const signed = await sign(context, callerOf(request), {
        reference: body.key_id,
        algorithm: body.signing_algorithm,
        message: decodeBase64(body.message, 'KMS.0308', 'message'),
        messageType: body.message_type,
      });
      return { key_id: signed.keyId, signature: base64(signed.signature) };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/verify',
    {
      schema: {
        operationId: 'validateSignature',
        tags,
        body: Type.Object({ ...signing, signature: Type.String() }),
      },
    },
    async (request) => {
      const { body } = request;
      const verified = await verify(context, callerOf(request), {
        reference: body.key_id,
        algorithm: body.signing_algorithm,
        message: decodeBase64(body.message, 'KMS.0308', 'message'),
        messageType: body.message_type,
        // What is not Base64 is no signature, which is an answer.
        signature: isBase64(body.signature) ? Buffer.from(body.signature, 'base64') : Buffer.alloc(0),
      });
      return { key_id: verified.keyId, signature_valid: String(verified.valid) };
    },
  );
}

const mac = { key_id: keyIdOrAlias, mac_algorithm: Type.String(), message: Type.String() };

function macRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/generate-mac',
    { schema: { operationId: 'generateMac', tags, body: Type.Object(mac) } },
    async (request) => {
      const { body } = request;
      const made = await generateMac(context, callerOf(request), {
        reference: body.key_id,
        macAlgorithm: body.mac_algorithm,
        message: decodeBase64(body.message, 'KMS.0308', 'message'),
      });
      return { key_id: made.keyId, mac_algorithm: made.macAlgorithm, mac: made.mac.toString('hex') };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/verify-mac',
    { schema: { operationId: 'verifyMac', tags, body: Type.Object({ ...mac, mac: Type.String() }) } },
    async (request) => {
      const { body } = request;
      const verified = await verifyMac(context, callerOf(request), {
        reference: body.key_id,
        macAlgorithm: body.mac_algorithm,
        message: decodeBase64(body.message, 'KMS.0308', 'message'),
        mac: decodeHex(body.mac, 'KMS.0308', 'mac'),
      });
      return { key_id: verified.keyId, mac_algorithm: verified.macAlgorithm, mac_valid: verified.valid };
    },
  );
}

const agreement = Type.Object({
  key_id: keyId,
  key_agreement_algorithm: Type.Enum(['ECDH']),
  public_key: Type.String(),
  recipient: Type.Optional(Type.Object({ attestation_document: Type.Optional(Type.String()) })),
});

function agreementRoute(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/derive-shared-secret',
    { schema: { operationId: 'deriveSharedSecret', tags, body: agreement } },
    async (request) => {
      const { body } = request;
      const derived = await deriveSharedSecret(context, callerOf(request), {
        keyId: body.key_id,
        publicKeySpki: decodeBase64(body.public_key, 'KMS.0308', 'public_key'),
        attestationDocument: body.recipient?.attestation_document,
      });
      return {
        key_id: derived.keyId,
        key_agreement_algorithm: body.key_agreement_algorithm,
        shared_secret: base64(derived.sharedSecret),
      };
    },
  );
}

export function signatureRoutes(context: KmsContext, api: Api): void {
  signingRoutes(context, api);
  macRoutes(context, api);
  agreementRoute(context, api);
}
