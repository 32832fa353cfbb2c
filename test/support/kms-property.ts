import { grantOperations } from '../../src/kms/grants/grant.ts';
import type { ApiClient } from './api-client.ts';
import { kmsClient } from './kms-client.ts';
import { keyspaceId, type Property } from './kms-operations.ts';

/** Whose property it becomes, and to whom grants are made. */
export interface KeyParties {
  readonly projectId: string;
  readonly userId: string;
  /** Gets every operation of grants on the keys that can be granted. */
  readonly granteeId: string;
  /** Gets the grant that operations name. */
  readonly readerId: string;
}

let acquired = 0;

/** Makes one of everything that operations on keys can name. */
export async function acquireKeys(api: ApiClient, parties: KeyParties): Promise<Property> {
  acquired += 1;
  const { projectId, userId, granteeId, readerId } = parties;
  const name = `acquired-${acquired}`;
  const kms = kmsClient(api, projectId);
  const key = (what: string, fields: object = {}) =>
    kms.createKey({ key_alias: `${name}-${what}`, ...fields });
  const keyId = await key('aes');
  const signingKeyId = await key('ec', { key_spec: 'EC_P256' });
  const agreementKeyId = await key('ecdh', { key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' });
  const macKeyId = await key('mac', { key_spec: 'HMAC_256' });
  const [disabledKeyId, deletedKeyId] = [await key('disabled'), await key('deleted')];
  await kms.call('disable-key', { key_id: disabledKeyId });
  await kms.call('schedule-key-deletion', { key_id: deletedKeyId, pending_days: '7' });
  const externalKeyId = await key('external', { origin: 'external' });
  const grant = async (id: string, to: string, operations: readonly string[]) => {
    const body = { key_id: id, grantee_principal: to, operations };
    return (await kms.call('create-grant', body)).grant_id ?? '';
  };
  for (const id of [keyId, signingKeyId, agreementKeyId, macKeyId])
    await grant(id, granteeId, grantOperations);
  const made = async (what: string, body: object) => (await kms.call(what, body)) as Record<string, string>;
  const alias = `alias/${name}`;
  await kms.call('aliases', { key_id: keyId, alias });
  const policy = { keyspace_id: keyspaceId, policy_name: name, policy: '{"version":"1.0"}' };
  const point = { keyspace_id: keyspaceId, access_point_name: name, type: 3 };
  const capsule = { key_id: keyId, datakey_length: '256', key_policy: '{"version":"1.0"}' };
  const { keystore } = await api.call<{ keystore: { keystore_id: string } }>(
    'POST',
    `/v1.0/${projectId}/keystores`,
    { keystore_alias: name, keystore_type: 'DEFAULT' },
  );
  return {
    projectId,
    userId,
    keyId,
    disabledKeyId,
    deletedKeyId,
    signingKeyId,
    agreementKeyId,
    macKeyId,
    externalKeyId,
    alias,
    importBody: await kms.importBody(externalKeyId, Buffer.alloc(32, acquired)),
    grantId: await grant(keyId, readerId, ['describe-key']),
    otherGrantId: await grant(keyId, granteeId, ['describe-key', 'retire-grant']),
    cipherText: (await made('encrypt-data', { key_id: keyId, plain_text: 'text' })).cipher_text ?? '',
    dataKeyCipher: (await made('create-datakey', { key_id: keyId })).cipher_text ?? '',
    keystoreId: keystore.keystore_id,
    policyId: (await made('key-policies', policy)).policy_id ?? '',
    accessPointId: (await made('access-points', point)).access_point_id ?? '',
    capsule: (await made('datakey-capsule/create', capsule)).datakey_capsule ?? '',
  };
}
