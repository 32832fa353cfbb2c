import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import type { Answer, ApiClient } from './api-client.ts';

/** Somebody who works with the keys of one project. */
export interface KmsClient {
  readonly projectId: string;
  /** `POST /v1.0/{project_id}/kms/{operation}`; throws with the server's words if the status is not 2xx. */
  call<Body = Record<string, string>>(operation: string, body?: unknown): Promise<Body>;
  /** As `call`, and resolves with any status. */
  send(operation: string, body?: unknown): Promise<Answer>;
  /** Creates a key and returns its id. */
  createKey(fields: { readonly key_alias: string; readonly [field: string]: unknown }): Promise<string>;
  /** The body of import-key-material that brings these bytes into a key that waits for them. */
  importBody(keyId: string, secret: Uint8Array): Promise<object>;
  /** The body of import-key-material that brings this private key (PKCS#8 DER), under a temporary AES-256 key. */
  importPairBody(keyId: string, pkcs8: Uint8Array, temporaryKey?: Uint8Array): Promise<object>;
}

const sha256 = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/** AES key wrap with padding (RFC 5649). */
function wrapPadded(key: Uint8Array, octets: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', key, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([cipher.update(octets), cipher.final()]);
}

export function kmsClient(api: ApiClient, projectId: string): KmsClient {
  const path = (operation: string) => `/v1.0/${projectId}/kms/${operation}`;
  const call: KmsClient['call'] = (operation, body) => api.call('POST', path(operation), body);
  const importBody: KmsClient['importBody'] = async (keyId, secret) => {
    const wanted = { key_id: keyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' };
    const parameters = await call('get-parameters-for-import', wanted);
    const der = Buffer.from(parameters.public_key ?? '', 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return {
      key_id: keyId,
      import_token: parameters.import_token,
      encrypted_key_material: publicEncrypt({ key, ...sha256 }, secret).toString('base64'),
    };
  };
  return {
    projectId,
    call,
    send: (operation, body) => api.send('POST', path(operation), body),
    createKey: async (fields) =>
      (await call<{ key_info: { key_id: string } }>('create-key', fields)).key_info.key_id,
    importBody,
    importPairBody: async (keyId, pkcs8, temporaryKey = randomBytes(32)) => ({
      ...(await importBody(keyId, temporaryKey)),
      encrypted_privatekey: wrapPadded(temporaryKey, pkcs8).toString('base64'),
    }),
  };
}

/** The service's code of a refusal; empty if the answer is none. */
export function errorCode(answer: Pick<Answer, 'json'>): string {
  const body = answer.json as { error?: { error_code?: string } } | undefined;
  return body?.error?.error_code ?? '';
}
