import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { requireCredentialAuthority } from '../authority.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { authorizeUnlessSelf } from '../self-service.ts';
import type { TotpDeviceTable } from '../tables.ts';
import { requireUser } from '../users/update-user.ts';
import {
  authorizeFactorAccess,
  authorizeFactorChange,
  requireStillWithout,
} from './authorize-factor-change.ts';
import { releaseLastFactor } from './release-last-factor.ts';
import { withSeed, wrapSeed } from './seeds.ts';
import { matchingPair, seedBytes, seedToBase32 } from './totp.ts';
import {
  deleteTotpDevice,
  findBoundDevice,
  findTotpDevice,
  findTotpDevices,
  insertTotpDevice,
  markDeviceBound,
  markDeviceUnbound,
} from './totp-device-store.ts';

const noun = 'virtual MFA device';

export interface NewTotpDevice {
  readonly serialNumber: string;
  /** Shown once, now; stored wrapped only. */
  readonly base32Seed: string;
}

/** Makes a device that counts once it is bound. It takes the place of another one of the user that was never bound. */
export async function createTotpDevice(
  iam: IamContext,
  actor: Actor,
  userId: string,
  name: string,
): Promise<NewTotpDevice> {
  const action = iamActions.createMfaDevice;
  const user = await authorizeFactorAccess(iam, actor, userId, action);
  const serialNumber = `iam:${actor.accountId}:mfa:${name}`;
  const seed = iam.random.bytes(seedBytes);
  const device: TotpDeviceTable = {
    serial_number: serialNumber,
    account_id: actor.accountId,
    user_id: userId,
    name,
    wrapped_seed: await wrapSeed(iam, serialNumber, seed),
    bound_at: null,
    last_step: null,
    created_at: iam.clock.nowMs(),
  };
  return serialChange(iam, actor, action, noun, async (transaction) => {
    await requireCredentialAuthority(transaction, iam, actor, user);
    for (const pending of await findTotpDevices(transaction, actor.accountId, { userId, bound: false }))
      await deleteTotpDevice(transaction, actor.accountId, pending.serial_number);
    await insertTotpDevice(transaction, device);
    const result = { serialNumber, base32Seed: seedToBase32(seed) };
    return { result, resourceId: serialNumber, detail: `of user ${userId}` };
  });
}

/** Two codes that follow each other show that the user has the seed. The device takes the place of the one that was bound. */
export async function bindTotpDevice(
  iam: IamContext,
  actor: Actor,
  binding: {
    readonly userId: string;
    readonly serialNumber: string;
    readonly codes: { readonly first: string; readonly second: string };
  },
): Promise<void> {
  const { userId, serialNumber, codes } = binding;
  const action = iamActions.bindMfaDevice;
  const change = await authorizeFactorChange(iam, actor, userId, action);
  const device = await requireDevice(iam.database, actor, userId, serialNumber);
  if (device.bound_at !== null) throw conflict(noun, 'The device is bound already.');
  const step = await withSeed(iam, device, (seed) => matchingPair(seed, codes, iam.machineClock.nowMs()));
  if (step === undefined)
    throw badRequest(
      'authentication_code_first and authentication_code_second must be two codes of the device that follow each other, the second being the current one.',
    );
  await serialChange(iam, actor, action, noun, async (transaction) => {
    await requireCredentialAuthority(transaction, iam, actor, change.user);
    await requireStillWithout(transaction, change);
    const current = await requireDevice(transaction, actor, userId, serialNumber);
    const replaced = await findBoundDevice(transaction, actor.accountId, userId);
    if (current.bound_at !== null || (replaced !== undefined && !change.factors.hasTotp))
      throw conflict(noun, 'A device of the user was bound meanwhile.');
    if (replaced) await deleteTotpDevice(transaction, actor.accountId, replaced.serial_number);
    await markDeviceBound(transaction, device, { boundAt: iam.clock.nowMs(), step });
    const detail = `of user ${userId}${replaced ? ', in place of another device' : ''}`;
    return { result: undefined, resourceId: serialNumber, detail };
  });
}

/** Unbinds a device: the user with a code of it, or an administrator without. The device stays until it is deleted. */
export async function unbindTotpDevice(
  iam: IamContext,
  actor: Actor,
  binding: { readonly userId: string; readonly serialNumber: string; readonly code: string },
): Promise<void> {
  const { userId, serialNumber, code } = binding;
  const action = iamActions.unbindMfaDevice;
  const { user } = await authorizeFactorChange(iam, actor, userId, action, { code });
  await serialChange(iam, actor, action, noun, async (transaction) => {
    await requireCredentialAuthority(transaction, iam, actor, user);
    const device = await requireDevice(transaction, actor, userId, serialNumber);
    if (device.bound_at === null) throw conflict(noun, 'The device is not bound.');
    await markDeviceUnbound(transaction, device);
    await releaseLastFactor(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: serialNumber, detail: `of user ${userId}` };
  });
}

export async function removeTotpDevice(
  iam: IamContext,
  actor: Actor,
  userId: string,
  serialNumber: string,
): Promise<void> {
  const action = iamActions.deleteMfaDevice;
  const user = await authorizeFactorAccess(iam, actor, userId, action);
  await serialChange(iam, actor, action, noun, async (transaction) => {
    await requireCredentialAuthority(transaction, iam, actor, user);
    const device = await requireDevice(transaction, actor, userId, serialNumber);
    if (device.bound_at !== null) throw conflict(noun, 'The device is bound: unbind it first.');
    await deleteTotpDevice(transaction, actor.accountId, serialNumber);
    return { result: undefined, resourceId: serialNumber, detail: `of user ${userId}` };
  });
}

/** Lists the bound devices of the account. */
export async function listTotpDevices(iam: IamContext, actor: Actor): Promise<TotpDeviceTable[]> {
  await iam.accessControl.authorize(actor, { action: iamActions.listMfaDevices });
  return findTotpDevices(iam.database, actor.accountId, { bound: true });
}

export async function getTotpDevice(iam: IamContext, actor: Actor, userId: string): Promise<TotpDeviceTable> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.getMfaDevice);
  await requireUser(iam, actor, userId);
  const device = await findBoundDevice(iam.database, actor.accountId, userId);
  if (!device) throw notFound(`${noun} of user`, userId);
  return device;
}

async function requireDevice(
  reader: IamContext['database'] | Transaction,
  actor: Actor,
  userId: string,
  serialNumber: string,
): Promise<TotpDeviceTable> {
  const device = await findTotpDevice(reader, actor.accountId, serialNumber);
  if (device?.user_id !== userId) throw notFound(noun, serialNumber);
  return device;
}
