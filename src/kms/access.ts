import type { Actor } from '../iam/actor.ts';
import type { Transaction } from '../platform/db/database.ts';
import { AccessDenied } from '../platform/errors.ts';
import type { KmsContext } from './context.ts';
import { kmsError } from './errors.ts';
import type { GrantOperation } from './grants/grant.ts';
import { grantsOf, isUsable, operationsOf } from './grants/grant.ts';
import type { Key } from './key.ts';
import {
  accessRequest,
  type Caller,
  keyAccessRequest,
  type PermissionName,
  permissions,
} from './permissions.ts';

/** Checks the project of the path: it must be that of the credentials and one of the caller's account. */
export async function enterProject(context: KmsContext, actor: Actor, projectId: string): Promise<Caller> {
  const scoped = actor.projectId !== undefined && actor.projectId !== projectId;
  if (scoped || !(await context.identity.projectExists(actor.accountId, projectId)))
    throw kmsError('KMS.0321', 'project_id in the URL must be the project of the credentials.');
  return { actor, projectId };
}

/** Keeps the project from being deleted before the transaction ends. Throws KMS.0321 if it is gone already. */
export async function holdProject(
  { identity }: Pick<KmsContext, 'identity'>,
  transaction: Transaction,
  { actor, projectId }: Caller,
): Promise<void> {
  if (!(await identity.holdProject(transaction, actor.accountId, projectId)))
    throw kmsError('KMS.0321', 'The project was deleted meanwhile.');
}

/** Asks whether the caller may use an operation that has no key. */
export async function authorize(
  context: KmsContext,
  caller: Caller,
  permission: PermissionName,
  enterpriseProjectId?: string,
): Promise<void> {
  await context.identity.authorize(caller.actor, accessRequest(permission, caller, enterpriseProjectId));
}

const keyIdPattern = /^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$/;
/** Whether a text has the form of a key's id. */
export function isKeyId(text: string): boolean {
  return keyIdPattern.test(text);
}

const urnPattern = /^kms:[^:]+:([^:]+):alias:(.+)$/;

async function resolveKeyId(
  context: KmsContext,
  caller: Caller,
  reference: string,
): Promise<string | undefined> {
  if (keyIdPattern.test(reference)) return reference;
  if (reference.startsWith('alias/'))
    return await context.directory.findIdByName(caller.actor.accountId, reference.slice('alias/'.length));
  const urn = urnPattern.exec(reference);
  if (!urn) throw kmsError('KMS.0205', 'key_id must be a key ID, alias/NAME or the URN of an alias.');
  const [, accountId = '', name = ''] = urn;
  return await context.directory.findIdByName(accountId, name);
}

/** How a key is opened, by whom and for what. */
export interface KeyOpening {
  /** A key ID, `alias/NAME` or an alias URN. */
  readonly reference: string;
  readonly permission: PermissionName;
  /** The operation of grants that allows the same, if there is one. */
  readonly granted?: GrantOperation;
}

/**
 * The key, if it exists for the caller and the caller may do this with it. A key of another account or project does not exist,
 * unless there is a grant. A grant allows exactly its operations, and nothing that the caller's policies deny. Throws KMS.0205,
 * KMS.0207, AccessDenied.
 */
export async function openKey(context: KmsContext, caller: Caller, opening: KeyOpening): Promise<Key> {
  const { reference, permission, granted } = opening;
  const { actor } = caller;
  const keyId = await resolveKeyId(context, caller, reference);
  const key = keyId === undefined ? undefined : await context.directory.find(keyId);
  if (!key) throw kmsError('KMS.0207', `There is no key ${reference} in this project.`);
  const request = keyAccessRequest(permission, key, caller);
  const grants = grantsOf(key, actor);
  const naming = granted ? grants.filter((grant) => operationsOf(grant).includes(granted)) : [];
  if (naming.length > 0) {
    const decision = context.identity.decide(actor, request);
    if (naming.some((grant) => isUsable(grant, decision))) {
      await context.identity.requireSecondFactor(actor, request);
      return key;
    }
    if (decision !== 'allowed') return await context.identity.refuse(actor, request, decision);
  }
  if (isOwn(key, caller)) {
    await context.identity.authorize(actor, request);
    return key;
  }
  if (grants.length === 0) throw kmsError('KMS.0207', `There is no key ${reference} in this project.`);
  return await refuse(context, caller, key, permission);
}

/** Of the caller's account and project; default keys belong to the account as a whole. */
export function isOwn(key: Key, { actor, projectId }: Caller): boolean {
  return key.account_id === actor.accountId && (key.is_default === 1 || key.project_id === projectId);
}

/** Records the refusal of what no grant allows, or of what `reason` says, and throws it. */
export async function refuse(
  context: KmsContext,
  { actor }: Caller,
  key: Key,
  permission: PermissionName,
  reason?: string,
): Promise<never> {
  const [action] = permissions[permission];
  const explanation = reason ?? `No grant of key ${key.key_id} allows ${action}.`;
  await context.database.transaction(async (transaction) => {
    await context.identity.recordAudit(transaction, actor, {
      action,
      resourceType: 'key',
      resourceId: key.key_id,
      result: 'refused',
      detail: explanation,
    });
  });
  throw new AccessDenied(action, explanation);
}
