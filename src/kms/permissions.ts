import type { AccessRequest, Actor } from '../iam/actor.ts';
import type { Key } from './key.ts';

/** The permission of each operation, with the newer name that identity policies use for it. */
export const permissions = {
  createKey: ['kms:cmk:create'],
  enableKey: ['kms:cmk:enable'],
  disableKey: ['kms:cmk:disable'],
  scheduleKeyDeletion: ['kms:cmk:update'],
  cancelKeyDeletion: ['kms:cmk:update'],
  updateKeyAlias: ['kms:cmk:update'],
  updateKeyDescription: ['kms:cmk:update'],
  generateRandom: ['kms:cmk:generate', 'kms::generateRandom'],
  createDataKey: ['kms:dek:create', 'kms:cmk:createDataKey'],
  createDataKeyWithoutPlaintext: ['kms:dek:create', 'kms:cmk:createDataKeyWithoutPlaintext'],
  encryptDataKey: ['kms:dek:crypto', 'kms:cmk:encryptDataKey'],
  decryptDataKey: ['kms:dek:crypto', 'kms:cmk:decryptDataKey'],
  createDataKeyPair: ['kms:cmk:createDataKeyPair'],
  encryptData: ['kms:cmk:crypto', 'kms:cmk:encryptData'],
  decryptData: ['kms:cmk:crypto', 'kms:cmk:decryptData'],
  reEncrypt: ['kms:cmk:reEncrypt'],
  deriveSharedSecret: ['kms:cmk:deriveSharedSecret'],
  sign: ['kms:cmk:sign'],
  verify: ['kms:cmk:verify'],
  generateMac: ['kms:cmk:generateMac'],
  verifyMac: ['kms:cmk:verifyMac'],
  createGrant: ['kms:grant:create'],
  revokeGrant: ['kms:grant:revoke'],
  retireGrant: ['kms:grant:retire'],
  listGrants: ['kms:grant:list'],
  getParametersForImport: ['kms:cmk:getMaterial'],
  importKeyMaterial: ['kms:cmk:importMaterial'],
  deleteKeyMaterial: ['kms:cmk:deleteMaterial'],
  enableRotation: ['kms:cmk:enableRotation'],
  disableRotation: ['kms:cmk:disableRotation'],
  updateRotation: ['kms:cmk:updateRotation'],
  getRotation: ['kms:cmk:getRotation'],
  rotateOnDemand: ['kms:cmk:rotateOnDemand'],
  createTag: ['kms:cmkTag:create'],
  listTags: ['kms:cmkTag:list', 'kms:cmk:getTags'],
  batchTags: ['kms:cmkTag:batch'],
  deleteTag: ['kms:cmkTag:delete'],
  listInstances: ['kms:cmkTag:listInstance'],
  createAlias: ['kms:alias:create'],
  deleteAlias: ['kms:alias:delete'],
  listAliases: ['kms:alias:list'],
  associateAlias: ['kms:alias:associate'],
  createKeystore: ['kms:keystore:create'],
  listKeystores: ['kms:keystore:list'],
  getKeystore: ['kms:keystore:get'],
  deleteKeystore: ['kms:keystore:delete'],
  enableKeystore: ['kms:keystore:enable'],
  disableKeystore: ['kms:keystore:disable'],
  describeKey: ['kms:cmk:get'],
  listKeys: ['kms:cmk:list'],
  getPublicKey: ['kms:cmk:getPublicKey'],
  getInstances: ['kms:cmk:getInstance'],
  getQuotas: ['kms:cmk:getQuota'],
  createDataKeyCapsule: ['kms:cmk:createDataKeyCapsule'],
  decryptDataKeyCapsule: ['kms:cmk:decryptDataKeyCapsule'],
  createAccessPoint: ['kms:accessPoint:create'],
  listAccessPoints: ['kms:accessPoint:list'],
  deleteAccessPoint: ['kms:accessPoint:delete'],
  enableAccessPoint: ['kms:accessPoint:enable'],
  disableAccessPoint: ['kms:accessPoint:disable'],
  getAccessPointKey: ['kms:accessPoint:getPrivateKey'],
  listRegions: ['kms:cmk:listRegions'],
  replicateKey: ['kms:cmk:replicate'],
  updatePrimaryRegion: ['kms:cmk:updatePrimaryRegion'],
  createKeyPolicy: ['kms:policy:create'],
  listKeyPolicies: ['kms:policy:list'],
  getKeyPolicy: ['kms:policy:get'],
  updateKeyPolicy: ['kms:policy:update'],
  deleteKeyPolicy: ['kms:policy:delete'],
} as const satisfies Record<string, readonly [action: string, ...aliases: string[]]>;

export type PermissionName = keyof typeof permissions;

/** After these a key is gone, at once or in some days: an account may want a second user's approval. */
const deletions: ReadonlySet<PermissionName> = new Set(['scheduleKeyDeletion', 'deleteKeyMaterial']);
/** Operations that the account may ask a recent second factor for; some share their action with others that are not. */
export const criticalPermissions: ReadonlySet<PermissionName> = new Set<PermissionName>([
  'scheduleKeyDeletion',
  'deleteKeyMaterial',
  'deleteKeystore',
  'getAccessPointKey',
  'createKeyPolicy',
  'updateKeyPolicy',
  'deleteKeyPolicy',
]);

/** Who asks, in a project that was found to be the caller's. Only `enterProject` makes one. */
export interface Caller {
  readonly actor: Actor;
  readonly projectId: string;
}

/** The question to identity about an operation without a key. */
export function accessRequest(
  name: PermissionName,
  { projectId }: Pick<Caller, 'projectId'>,
  enterpriseProjectId?: string,
): AccessRequest {
  const [action, ...aliases] = permissions[name];
  return {
    action,
    aliases,
    projectId,
    isCritical: criticalPermissions.has(name),
    ...(enterpriseProjectId !== undefined && {
      conditions: { 'g:EnterpriseProjectId': enterpriseProjectId },
    }),
  };
}

/** `kms:<region>:<account>:KeyId:<id>`; the service has one region, so a policy's region does not tell keys apart. */
export function keyAccessRequest(
  name: PermissionName,
  key: Key,
  { actor, projectId }: Caller,
): AccessRequest {
  // The enterprise project of another account's key is none of the caller's: its id may be the same, as '0' is.
  const isOfAccount = key.account_id === actor.accountId;
  const conditions: Record<string, string> = isOfAccount
    ? { 'g:EnterpriseProjectId': key.enterprise_project_id }
    : {};
  for (const tag of key.tags) conditions[`g:ResourceTag/${tag.tag_key}`] = tag.tag_value;
  const [action, ...aliases] = permissions[name];
  const resource = `kms:*:${key.account_id}:KeyId:${key.key_id}`;
  return {
    action,
    aliases,
    resource,
    projectId,
    conditions,
    isCritical: criticalPermissions.has(name),
    ...(deletions.has(name) && { approval: 'delete-key' }),
  };
}
