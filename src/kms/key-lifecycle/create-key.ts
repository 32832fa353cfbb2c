import type { Transaction } from '../../platform/db/database.ts';
import { authorize, holdProject } from '../access.ts';
import { wrapMaterial } from '../at-rest/key-material.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { generateMaterial } from '../generate-material.ts';
import { destroyHsmKey, generateHsmKey } from '../hsm-keys/generate-hsm-key.ts';
import { isKeySpec, type KeySpec, type KeyUsage, keySpecs } from '../key-spec.ts';
import { holdKeystore } from '../keystores/store.ts';
import { requireUsableKeystore } from '../keystores/usable-keystore.ts';
import { keyLimit } from '../limits.ts';
import { type Caller, permissions } from '../permissions.ts';
import { takeKeyQuota } from '../quota-store.ts';
import { insertKey, isAliasTaken } from '../store.ts';
import type { KeyOrigin, KeyTable, KeyVersionTable } from '../tables.ts';
import { requireCustomerAlias } from './key-alias.ts';

export interface NewKey {
  readonly keyAlias: string;
  readonly keySpec?: string;
  readonly keyUsage?: string;
  readonly keyDescription?: string;
  readonly origin?: string;
  readonly enterpriseProjectId?: string;
  readonly keystoreId?: string;
}

interface CheckedKey {
  readonly keyAlias: string;
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  readonly keyDescription: string;
  readonly origin: KeyOrigin;
  readonly enterpriseProjectId: string;
  readonly keystoreId: string;
}

const defaultRotationDays = 365;

function requireSpec(text: string): KeySpec {
  // The user guide writes ML-DSA-65, in the manner of all other specs it would be ML_DSA_65.
  const spec = text.replace(/^ML_DSA_/, 'ML-DSA-');
  if (!isKeySpec(spec))
    throw kmsError('KMS.1110', `key_spec must be one of ${Object.keys(keySpecs).join(', ')}.`);
  return spec;
}

function requireSpecUsage(spec: KeySpec, text: string | undefined): KeyUsage {
  const { usages } = keySpecs[spec];
  if (text === undefined) return usages[0];
  const usage = usages.find((allowed) => allowed === text);
  if (!usage) throw kmsError('KMS.0308', `key_usage of ${spec} must be one of ${usages.join(', ')}.`);
  return usage;
}

function requireOrigin(spec: KeySpec, keystoreId: string, text = 'kms'): KeyOrigin {
  if (text !== 'kms' && text !== 'external') throw kmsError('KMS.0308', 'origin must be kms or external.');
  if (text === 'kms') return text;
  if (keystoreId !== '0') throw kmsError('KMS.0339', 'Leave origin out, or keystore_id.');
  if (keySpecs[spec].family === 'hmac') throw kmsError('KMS.0341', 'HMAC keys cannot be imported.');
  if (!keySpecs[spec].importable) throw kmsError('KMS.0308', `${spec} keys cannot be imported.`);
  return text;
}

function check(input: NewKey): CheckedKey {
  const keySpec = requireSpec(input.keySpec ?? 'AES_256');
  const keystoreId = input.keystoreId ?? '0';
  return {
    keyAlias: requireCustomerAlias(input.keyAlias),
    keySpec,
    keyUsage: requireSpecUsage(keySpec, input.keyUsage),
    keyDescription: input.keyDescription ?? '',
    origin: requireOrigin(keySpec, keystoreId, input.origin),
    enterpriseProjectId: input.enterpriseProjectId ?? '0',
    keystoreId,
  };
}

function keyRow(context: KmsContext, { actor, projectId }: Caller, key: CheckedKey): KeyTable {
  return {
    key_id: context.random.uuid(),
    account_id: actor.accountId,
    project_id: projectId,
    key_alias: key.keyAlias,
    key_spec: key.keySpec,
    key_usage: key.keyUsage,
    key_description: key.keyDescription,
    key_state: key.origin === 'kms' ? '2' : '5',
    origin: key.origin,
    is_default: 0,
    enterprise_project_id: key.enterpriseProjectId,
    keystore_id: key.keystoreId,
    created_by: actor.principalId,
    created_at: context.clock.nowMs(),
    scheduled_deletion_at: null,
    material_expires_at: null,
    rotation_enabled: 0,
    rotation_interval_days: defaultRotationDays,
    rotation_counts_from: null,
    last_rotated_at: null,
    rotation_count: 0,
    current_version: 0,
    revision: 0,
  };
}

/** The first version: with material that is generated now, or without, waiting for import. */
async function firstVersion(
  context: KmsContext,
  row: KeyTable,
  { keySpec: spec, keyUsage: usage }: CheckedKey,
  hsmClusterId: string | null,
): Promise<KeyVersionTable> {
  const version = { key_id: row.key_id, version: 0, material_fingerprint: null, created_at: row.created_at };
  if (row.origin === 'external')
    return { ...version, wrapped_material: null, master_key_id: null, public_key_spki: null };
  if (hsmClusterId !== null) {
    const name = { key_id: row.key_id, version: 0, key_spec: spec, key_usage: usage };
    const publicKey = await generateHsmKey(context, hsmClusterId, name);
    return { ...version, wrapped_material: null, master_key_id: null, public_key_spki: publicKey };
  }
  const { bytes, publicKeySpki } = await generateMaterial(context, spec, row.account_id);
  const wrapped = await wrapMaterial(context.masterKey, context.random, row.key_id, 0, bytes);
  bytes.fill(0);
  return { ...version, ...wrapped, public_key_spki: publicKeySpki ?? null };
}

/** A key that was made in the HSM and is not recorded; if the HSM went away it stays there, unused and without a name. */
async function discardHsmKey(context: KmsContext, clusterId: string, row: KeyTable): Promise<void> {
  await destroyHsmKey(context, clusterId, row).catch((error: unknown) => {
    context.log.warn({ error, clusterId, keyId: row.key_id }, 'an unused key stays in the HSM');
  });
}

/** Makes a customer key: enabled with new material, or (origin external) waiting for material. */
export async function createKey(
  context: KmsContext,
  caller: Caller,
  input: NewKey,
): Promise<{ keyId: string; accountId: string }> {
  const { database, identity, quotas } = context;
  const { actor, projectId } = caller;
  const key = check(input);
  await authorize(context, caller, 'createKey', key.enterpriseProjectId);
  if (!(await identity.enterpriseProjectTakesNew(actor.accountId, key.enterpriseProjectId)))
    throw kmsError(
      'KMS.0308',
      `There is no enterprise project ${key.enterpriseProjectId}, or it is disabled.`,
    );
  const keystore = await requireUsableKeystore(context, caller, key.keystoreId);
  const hsmClusterId = keystore?.hsm_cluster_id ?? null;
  const row = keyRow(context, caller, key);
  const taken = () => kmsError('KMS.1104', `The account has a key with the alias ${key.keyAlias}.`);
  // Asked ahead too, so that no RSA key is generated in vain.
  if (await isAliasTaken(database, actor.accountId, key.keyAlias, row.key_id)) throw taken();
  const version = await firstVersion(context, row, key, hsmClusterId);
  const insert = async (transaction: Transaction) => {
    await holdProject(context, transaction, caller);
    if (keystore && !(await holdKeystore(transaction, keystore.keystore_id)))
      throw kmsError('KMS.0340', 'The keystore was disabled meanwhile.');
    await takeKeyQuota(transaction, { ...keyLimit, standard: quotas.keys }, actor.accountId, projectId);
    if (!(await insertKey(transaction, row, version))) throw taken();
    await identity.recordAudit(transaction, actor, {
      action: permissions.createKey[0],
      resourceType: 'key',
      resourceId: row.key_id,
      resourceName: row.key_alias,
      result: 'success',
      detail: `${key.keySpec} ${key.keyUsage} origin ${key.origin}`,
    });
  };
  try {
    await database.transaction(insert);
  } catch (error) {
    if (hsmClusterId !== null) await discardHsmKey(context, hsmClusterId, row);
    throw error;
  }
  context.directory.changed(row.key_id);
  return { keyId: row.key_id, accountId: actor.accountId };
}
