import { createHash, generateKeyPairSync } from 'node:crypto';

/** What one account owns. */
export interface Property {
  readonly projectId: string;
  /** Of whom it is. */
  readonly userId: string;
  readonly keyId: string;
  readonly disabledKeyId: string;
  readonly deletedKeyId: string;
  readonly signingKeyId: string;
  readonly agreementKeyId: string;
  readonly macKeyId: string;
  readonly externalKeyId: string;
  readonly importBody: object;
  readonly grantId: string;
  readonly otherGrantId: string;
  readonly cipherText: string;
  readonly dataKeyCipher: string;
  readonly alias: string;
  readonly keystoreId: string;
  readonly policyId: string;
  readonly accessPointId: string;
  readonly capsule: string;
}

/**
 * How an operation is tried: 'key' names a key; 'thing' something else of the owner; 'own' names nothing, so its answer must hold
 * nothing of another account.
 */
export interface Row {
  readonly kind: 'key' | 'thing' | 'own';
  readonly body?: (property: Property) => unknown;
  readonly query?: (property: Property) => string;
  /** Who may read keys may do it. */
  readonly reads?: true;
  /** Grants allow it. */
  readonly granted?: true;
  /** No grant can be made for the key that it names. */
  readonly ungrantable?: true;
  /** How what is not found is refused, if not as usual. */
  readonly refusal?: { readonly status: number; readonly code: string };
  /** What the owner is told, if the request is not carried out. */
  readonly owner?: string;
}

/** Any UUID: key policies and access points are kept by it. */
export const keyspaceId = 'a8fa42d8-4a41-4d35-b174-1e1ca3d1f9e0';

const plain = Buffer.alloc(32, 7);
const digest = createHash('sha256').update(plain).digest();
const agreementKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const publicKey = agreementKey.export({ format: 'der', type: 'spki' }).toString('base64');
const attestation = { custom_signature: 'AAAA', expire_time: '2033-05-18T03:33:20Z' };
const signing = { message: digest.toString('base64'), signing_algorithm: 'ECDSA_SHA_256' };
const macOf = { message: 'AAAA', mac_algorithm: 'HMAC_SHA_256' };
const keyPolicy = JSON.stringify({ version: '1.0' });
const tag = { key: 'team', value: 'blue' };

const own: Row = { kind: 'own' };
const ownRead: Row = { kind: 'own', reads: true };
const onKey = (fields: object = {}): Row => ({
  kind: 'key',
  body: ({ keyId }) => ({ key_id: keyId, ...fields }),
});
const reads = (row: Row): Row => ({ ...row, reads: true });
const granted = (row: Row): Row => ({ ...row, granted: true });
const unknownKeystore = { status: 400, code: 'KMS.8003' };
const unknownThing = { status: 400, code: 'KMS.0308' };
const keystore: Row = { kind: 'thing', refusal: unknownKeystore };
const thing: Row = { kind: 'thing', refusal: unknownThing };
const post = (operation: string) => `POST /v1.0/{project_id}/kms/${operation}`;

/** Every operation on keys; one that is added needs a row. The order is that in which the owner carries them out. */
export const rows: Record<string, Row> = {
  [post('create-key')]: { ...own, body: () => ({ key_alias: 'made-in-table' }) },
  [post('list-keys')]: ownRead,
  [post('describe-key')]: granted(reads(onKey())),
  [post('update-key-alias')]: onKey({ key_alias: 'renamed-in-table' }),
  [post('update-key-description')]: onKey({ key_description: 'seen' }),
  [post('gen-random')]: { ...own, body: () => ({ random_data_length: '256' }) },
  [post('create-datakey')]: granted(onKey()),
  [post('create-datakey-without-plaintext')]: granted(onKey()),
  [post('encrypt-datakey')]: granted(
    onKey({ plain_text: Buffer.concat([plain, digest]).toString('hex'), datakey_plain_length: '32' }),
  ),
  [post('decrypt-datakey')]: granted({
    kind: 'key',
    body: ({ keyId, dataKeyCipher }) => ({
      key_id: keyId,
      cipher_text: dataKeyCipher,
      datakey_cipher_length: '32',
    }),
  }),
  [post('create-ec-datakey-pair')]: onKey({ key_spec: 'ECC_NIST_P256' }),
  [post('create-rsa-datakey-pair')]: onKey({ key_spec: 'RSA_2048' }),
  [post('encrypt-data')]: granted(onKey({ plain_text: 'text' })),
  [post('decrypt-data')]: granted({ kind: 'key', body: ({ cipherText }) => ({ cipher_text: cipherText }) }),
  [post('re-encrypt')]: {
    kind: 'key',
    body: ({ keyId, cipherText }) => ({ cipher_text: cipherText, destination_key_id: keyId }),
  },
  [post('sign')]: { kind: 'key', body: ({ signingKeyId }) => ({ key_id: signingKeyId, ...signing }) },
  [post('verify')]: {
    kind: 'key',
    body: ({ signingKeyId }) => ({ key_id: signingKeyId, ...signing, signature: 'AAAA' }),
  },
  [post('get-publickey')]: reads({ kind: 'key', body: ({ signingKeyId }) => ({ key_id: signingKeyId }) }),
  [post('generate-mac')]: { kind: 'key', body: ({ macKeyId }) => ({ key_id: macKeyId, ...macOf }) },
  [post('verify-mac')]: { kind: 'key', body: ({ macKeyId }) => ({ key_id: macKeyId, ...macOf, mac: '00' }) },
  [post('derive-shared-secret')]: {
    kind: 'key',
    body: ({ agreementKeyId }) => ({
      key_id: agreementKeyId,
      key_agreement_algorithm: 'ECDH',
      public_key: publicKey,
    }),
  },
  [post('create-grant')]: granted({
    kind: 'key',
    body: ({ keyId, userId }) => ({
      key_id: keyId,
      grantee_principal: userId,
      operations: ['describe-key'],
    }),
  }),
  [post('list-grants')]: reads(onKey()),
  [post('list-retirable-grants')]: ownRead,
  [post('revoke-grant')]: {
    kind: 'key',
    body: ({ keyId, grantId }) => ({ key_id: keyId, grant_id: grantId }),
  },
  [post('retire-grant')]: granted({
    kind: 'key',
    body: ({ keyId, otherGrantId }) => ({ key_id: keyId, grant_id: otherGrantId }),
  }),
  [post('get-parameters-for-import')]: {
    kind: 'key',
    ungrantable: true,
    body: ({ externalKeyId }) => ({ key_id: externalKeyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }),
  },
  [post('import-key-material')]: { kind: 'key', ungrantable: true, body: ({ importBody }) => importBody },
  [post('delete-imported-key-material')]: {
    kind: 'key',
    ungrantable: true,
    body: ({ externalKeyId }) => ({ key_id: externalKeyId }),
  },
  [post('enable-key-rotation')]: onKey(),
  [post('update-key-rotation-interval')]: onKey({ rotation_interval: 30 }),
  [post('get-key-rotation-status')]: reads(onKey()),
  [post('rotate-on-demand')]: onKey(),
  [post('disable-key-rotation')]: onKey(),
  [post('{key_id}/tags')]: { kind: 'key', body: () => ({ tag }) },
  [post('{key_id}/tags/action')]: { kind: 'key', body: () => ({ action: 'create', tags: [tag] }) },
  'GET /v1.0/{project_id}/kms/{key_id}/tags': reads({ kind: 'key' }),
  'GET /v1.0/{project_id}/kms/tags': ownRead,
  [post('{resource_instances}/action')]: { ...ownRead, body: () => ({ action: 'filter' }) },
  'DELETE /v1.0/{project_id}/kms/{key_id}/tags/{key}': { kind: 'key' },
  [post('aliases')]: onKey({ alias: 'alias/made-in-table' }),
  'GET /v1.0/{project_id}/kms/aliases': ownRead,
  [post('alias/associate')]: {
    kind: 'key',
    body: ({ alias, keyId }) => ({ alias, target_key_id: keyId }),
  },
  'DELETE /v1.0/{project_id}/kms/aliases': {
    kind: 'key',
    body: ({ keyId, alias }) => ({ key_id: keyId, aliases: [alias] }),
  },
  'POST /v1.0/{project_id}/keystores': {
    ...own,
    body: () => ({ keystore_alias: 'made-in-table', keystore_type: 'DEFAULT' }),
  },
  'GET /v1.0/{project_id}/keystores': ownRead,
  'GET /v1.0/{project_id}/keystores/{keystore_id}': reads(keystore),
  'POST /v1.0/{project_id}/keystores/{keystore_id}/enable': keystore,
  'POST /v1.0/{project_id}/keystores/{keystore_id}/disable': keystore,
  'DELETE /v1.0/{project_id}/keystores/{keystore_id}': keystore,
  'GET /v1.0/{project_id}/kms/user-instances': ownRead,
  'GET /v1.0/{project_id}/kms/user-quotas': ownRead,
  [post('key-policies')]: {
    ...own,
    body: () => ({ keyspace_id: keyspaceId, policy_name: 'made-in-table', policy: keyPolicy }),
  },
  'GET /v1.0/{project_id}/kms/key-policies': { ...ownRead, query: () => `?keyspace_id=${keyspaceId}` },
  'GET /v1.0/{project_id}/kms/key-policies/{policy_id}': reads(thing),
  'PUT /v1.0/{project_id}/kms/key-policies/{policy_id}': { ...thing, body: () => ({ policy: keyPolicy }) },
  [post('datakey-capsule/create')]: onKey({ datakey_length: '256', key_policy: keyPolicy }),
  [post('datakey-capsule/decrypt')]: {
    kind: 'key',
    owner: 'KMS.3804',
    body: ({ keyId, capsule }) => ({
      key_id: keyId,
      datakey_capsule: capsule,
      attestation_document: attestation,
    }),
  },
  'DELETE /v1.0/{project_id}/kms/key-policies/{policy_id}': thing,
  [post('access-points')]: {
    ...own,
    body: () => ({ keyspace_id: keyspaceId, access_point_name: 'made-in-table', type: 3 }),
  },
  'GET /v1.0/{project_id}/kms/access-points': { ...ownRead, query: () => `?keyspace_id=${keyspaceId}` },
  [post('access-points/{access_point_id}/disable')]: thing,
  [post('access-points/{access_point_id}/enable')]: thing,
  [post('access-points/{access_point_id}/get-privatekey')]: thing,
  'DELETE /v1.0/{project_id}/kms/access-points/{access_point_id}': thing,
  'GET /v2/{project_id}/kms/regions': ownRead,
  'POST /v2/{project_id}/kms/keys/{key_id}/replicate': {
    kind: 'key',
    owner: 'KMS.0308',
    body: ({ keyId, projectId }) => ({
      key_id: keyId,
      replica_region: 'eu-west-101',
      key_alias: 'copy',
      replica_project_id: projectId,
    }),
  },
  'PUT /v2/{project_id}/kms/keys/{key_id}/update-primary-region': {
    kind: 'key',
    owner: 'KMS.0308',
    body: ({ keyId }) => ({ key_id: keyId, primary_region: 'eu-west-101' }),
  },
  [post('enable-key')]: {
    kind: 'key',
    ungrantable: true,
    body: ({ disabledKeyId }) => ({ key_id: disabledKeyId }),
  },
  [post('disable-key')]: onKey(),
  [post('schedule-key-deletion')]: onKey({ pending_days: '7' }),
  [post('cancel-key-deletion')]: {
    kind: 'key',
    ungrantable: true,
    body: ({ deletedKeyId }) => ({ key_id: deletedKeyId }),
  },
};

/** The request of the row, in this project, with the ids of `whose`. */
export function requestOf(operation: string, row: Row, whose: Property, projectId: string) {
  const [method, template] = operation.split(' ') as [string, string];
  const ids: Readonly<Record<string, string>> = {
    project_id: projectId,
    key_id: whose.keyId,
    key: 'team',
    resource_instances: 'resource_instances',
    keystore_id: whose.keystoreId,
    policy_id: whose.policyId,
    access_point_id: whose.accessPointId,
  };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
  return { method, path: path + (row.query?.(whose) ?? ''), body: row.body?.(whose) };
}
