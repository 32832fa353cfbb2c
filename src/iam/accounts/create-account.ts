import type { Transaction } from '../../platform/db/index.ts';
import { newAccessKey } from '../access-keys/new-access-key.ts';
import { insertAccessKey } from '../access-keys/store.ts';
import type { Actor } from '../actor.ts';
import { newPassword } from '../authentication/secrets.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, forbidden } from '../errors.ts';
import { insertProject } from '../projects/store.ts';
import { systemActor } from '../system-actor.ts';
import { newUser } from '../users/new-user.ts';
import { checkPassword } from '../users/password-policy.ts';
import { insertUser } from '../users/store.ts';
import { findAccount, findAccountByName, insertAccount } from './store.ts';

export interface NewAccount {
  readonly accountName: string;
  /** The root user; the account's name if not given, as at the vendor. */
  readonly userName?: string | undefined;
  /** Generated if not given. */
  readonly password?: string | undefined;
  /** The first project, which has a region's name. */
  readonly projectName: string;
  /** Access key of the root user, generated if not given. Both parts are given or neither; `none` makes no key. */
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
}

/** Everything its owner needs to begin; secrets are not to be had again. */
export interface CreatedAccount {
  readonly accountId: string;
  readonly accountName: string;
  readonly userId: string;
  readonly userName: string;
  readonly password: string;
  readonly projectId: string;
  readonly projectName: string;
  /** Undefined if no key was wanted; likewise the secret. */
  readonly accessKey: string | undefined;
  readonly secretKey: string | undefined;
}

const nameForm = /^[A-Za-z0-9_\- .]{1,64}$/;
const noAccessKey = 'none';
const keyForm = /^[A-Za-z0-9_-]{4,64}$/;

/** By the root user of the account that was made first; a further account is as separate from it as from any other. */
export async function createAccount(
  iam: IamContext,
  actor: Actor,
  input: NewAccount,
): Promise<CreatedAccount> {
  await requireOperator(iam, actor, 'change');
  return openAccount(iam, actor, input, 'further');
}

/** Changes are critical operations: the operator's account may ask a recent second factor for them. */
export async function requireOperator(iam: IamContext, actor: Actor, to: 'look' | 'change'): Promise<void> {
  const action = 'iam:accounts:operate';
  const account = await findAccount(iam.database, actor.accountId);
  if (actor.isRoot && account?.operator === 1) {
    if (to === 'change') await iam.accessControl.requireSecondFactor(actor, { action, isCritical: true });
    return;
  }
  await iam.accessControl.recordRefusal(actor, action, undefined, 'not the operator');
  throw forbidden('Accounts are the business of the root user of the first account.');
}

/**
 * Makes account, root user, project and access key at once; `by` undefined is the installation itself. `keep` sees them before they are
 * committed.
 */
export async function openAccount(
  iam: IamContext,
  by: Actor | undefined,
  input: NewAccount,
  rank: 'first' | 'further',
  keep: (created: CreatedAccount) => Promise<void> = async () => {},
): Promise<CreatedAccount> {
  const made = await prepare(iam, input);
  const { created } = made;
  await keep(created);
  const actor = by ?? systemActor(created.accountId, 'bootstrap');
  return recordedChange(iam, actor, 'iam:accounts:create', 'account', async (transaction) => {
    await insertAccount(transaction, {
      account_id: created.accountId,
      name: created.accountName,
      description: '',
      enabled: 1,
      operator: rank === 'first' ? 1 : 0,
      created_at: iam.clock.nowMs(),
    });
    await insertContents(iam, transaction, made);
    return { result: created, resourceId: created.accountId, resourceName: created.accountName };
  });
}

/** Hashes and wraps before the transaction begins. */
async function prepare(iam: IamContext, input: NewAccount) {
  const { accountName, projectName, userName = accountName, password = newPassword(iam.random) } = input;
  for (const [field, name] of Object.entries({ accountName, userName, projectName }))
    if (!nameForm.test(name))
      throw badRequest(`${field} must be 1 to 64 letters, digits, spaces, _, - or dots.`);
  if (accountName.startsWith('op_svc_'))
    throw badRequest('accountName must not begin as those of services do: op_svc_.');
  const given = givenKey(input);
  if (await findAccountByName(iam.database, accountName))
    throw badRequest(`An account ${accountName} exists already.`);

  const strength = checkPassword(password, userName);
  const accountId = iam.random.hexId();
  const userId = iam.random.hexId();
  const owner = { accountId, userId };
  const key = given && (await newAccessKey(iam, owner, 'first access key', given));
  const created: CreatedAccount = {
    accountId,
    accountName,
    userId,
    userName,
    password,
    projectId: iam.random.hexId(),
    projectName,
    accessKey: key?.row.access_key,
    secretKey: key?.secret,
  };
  const passwordHash = await iam.passwords.hash(password, 'new accounts');
  return { created, key, strength, passwordHash };
}

/** Empty for a key that is to be generated, undefined for none. */
function givenKey({
  accessKey,
  secretKey,
}: NewAccount): { readonly accessKey?: string; readonly secret?: string } | undefined {
  if (accessKey === noAccessKey && secretKey === undefined) return undefined;
  if ((accessKey === undefined) !== (secretKey === undefined))
    throw badRequest('accessKey and secretKey must be given together or not at all.');
  if (accessKey === undefined || secretKey === undefined) return {};
  if (!keyForm.test(accessKey) || secretKey.length < 16)
    throw badRequest(
      'accessKey must be 4 to 64 letters, digits, _ or -, and secretKey at least 16 characters.',
    );
  return { accessKey, secret: secretKey };
}

async function insertContents(
  iam: IamContext,
  transaction: Transaction,
  { created, key, strength, passwordHash }: Awaited<ReturnType<typeof prepare>>,
): Promise<void> {
  const { accountId, userId } = created;
  const nowMs = iam.clock.nowMs();
  const root = { is_root: 1, password_hash: passwordHash, password_strength: strength };
  await insertUser(transaction, newUser({ userId, accountId, name: created.userName, nowMs }, root));
  await insertProject(transaction, {
    project_id: created.projectId,
    account_id: accountId,
    name: created.projectName,
    parent_id: accountId,
    description: '',
    enabled: 1,
    created_at: nowMs,
  });
  if (key) await insertAccessKey(transaction, key.row);
}
