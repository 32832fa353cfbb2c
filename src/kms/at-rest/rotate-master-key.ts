import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import type { Log } from '../../platform/log.ts';
import type { Random } from '../../platform/random.ts';
import type { KeyVersionTable, MasterKeyTable } from '../tables.ts';
import { isWrapped, materialPlace } from './key-material.ts';
import { MASTER_KEY_BYTES, MasterKey } from './master-key.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import { sealMasterKey, unsealMasterKey } from './master-key-ring.ts';
import {
  describeSource,
  handOverSecret,
  type MasterKeySource,
  readSecret,
  readSecretToReplace,
  replaceSecret,
} from './master-key-source.ts';
import {
  insertMasterKeyRow,
  listMasterKeyRows,
  listVersionsWrappedWith,
  promoteNextMasterKey,
  replaceWrapping,
  updateSealedMasterKey,
} from './store.ts';

const BATCH = 200;
/** Three looks of the slowest node at the database: by then all wrap with the new key. */
export const defaultSettleMs = 7_000;

export interface RotateMasterKeyPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly source: MasterKeySource;
  /** Where the new key is written if the source is a variable, which only the operator can change. */
  readonly newKeyFile?: string;
  /** How long both keys stay in use at least, in milliseconds; `defaultSettleMs` if not given. */
  readonly settleMs?: number;
  /** Waits so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

export interface MasterKeyRotation {
  readonly oldId: string;
  readonly newId: string;
  /** Versions of keys that were wrapped anew. */
  readonly rewrapped: number;
}

interface Pair {
  readonly old: MasterKey;
  readonly next: MasterKey;
  readonly nextRow: MasterKeyTable;
}

/**
 * Exchanges the master key while nodes serve, and carries on where an earlier run was interrupted. It works on the database, not
 * through a running node: so it needs none, and it is the same with one node, many or none.
 *
 * 1. Both keys are recorded, each sealed with the other: from now on either opens the database, and nodes wrap with the new one.
 * 2. The source gets the new key. 3. All material is wrapped anew, in batches. 4. When nothing refers to the old key its row goes,
 * and with it the seals: whoever has only the old key has nothing any more.
 */
export async function rotateMasterKey(ports: RotateMasterKeyPorts): Promise<MasterKeyRotation> {
  const { source, newKeyFile } = ports;
  if (source.kind === 'environment' && newKeyFile === undefined) {
    throw new MasterKeyRefused(
      `${describeSource(source)} holds the master key and cannot be written from here: name a file for the new key`,
    );
  }
  const pair = await startRotation(ports);
  const rewrapped = await finishRotation(ports, pair);
  ports.log.info({ oldId: pair.old.id, newId: pair.next.id, rewrapped }, 'the master key was changed');
  return { oldId: pair.old.id, newId: pair.next.id, rewrapped };
}

async function startRotation(ports: RotateMasterKeyPorts): Promise<Pair> {
  const { database, random, source } = ports;
  const own = await readSecretToReplace(source);
  if (!own) throw new MasterKeyRefused(`${describeSource(source)} is missing`);
  const rows = await listMasterKeyRows(database);
  const ownKey = new MasterKey(own);
  const ownRow = rows.find((row) => row.master_key_id === ownKey.id && ownKey.verifies(row.verification_tag));
  if (!ownRow) {
    own.fill(0);
    throw new MasterKeyRefused(`${describeSource(source)} does not hold the master key of this database`);
  }
  const otherRow = rows.find((row) => row !== ownRow);
  const other = otherRow ? unsealMasterKey(otherRow, ownKey) : random.bytes(MASTER_KEY_BYTES);
  try {
    const otherKey = new MasterKey(other);
    if (ownRow.role === 'next') return { old: otherKey, next: ownKey, nextRow: ownRow };
    const nextRow = otherRow ?? (await recordBoth(ports, { own, ownKey, other, otherKey }));
    await deliver(ports, other);
    return { old: ownKey, next: otherKey, nextRow };
  } finally {
    own.fill(0);
    other.fill(0);
  }
}

interface Secrets {
  readonly own: Uint8Array;
  readonly ownKey: MasterKey;
  readonly other: Uint8Array;
  readonly otherKey: MasterKey;
}

async function recordBoth(ports: RotateMasterKeyPorts, secrets: Secrets): Promise<MasterKeyTable> {
  const { database, clock, random } = ports;
  const { own, ownKey, other, otherKey } = secrets;
  const row: MasterKeyTable = {
    role: 'next',
    master_key_id: otherKey.id,
    verification_tag: otherKey.verificationTag,
    sealed_with_other: sealMasterKey(random, other, otherKey.id, ownKey),
    created_at: clock.nowMs(),
  };
  const ownSealed = sealMasterKey(random, own, ownKey.id, otherKey);
  await database.transaction(async (transaction) => {
    await insertMasterKeyRow(transaction, row);
    await updateSealedMasterKey(transaction, ownKey.id, ownSealed);
    const stored = await listMasterKeyRows(transaction);
    if (!stored.some((each) => each.master_key_id === row.master_key_id))
      throw new MasterKeyRefused('the master key is being changed by another process; wait for it to end');
  });
  return row;
}

/** After both are recorded: from then on a node may start with either. */
async function deliver(ports: RotateMasterKeyPorts, secret: Uint8Array): Promise<void> {
  const { source, random, newKeyFile } = ports;
  if (source.kind === 'environment') {
    // An interrupted run has written it already; the same key is meant, so that file is left as it is.
    const written = await readSecret({ kind: 'file', path: newKeyFile ?? '', create: false });
    if (written && Buffer.compare(written, secret) === 0) return;
    await handOverSecret(newKeyFile ?? '', random, secret);
  } else await replaceSecret(source, random, secret);
}

async function finishRotation(ports: RotateMasterKeyPorts, pair: Pair): Promise<number> {
  const { database, clock, settleMs = defaultSettleMs, sleep } = ports;
  let rewrapped = 0;
  for (;;) {
    rewrapped += await rewrapAll(ports, pair);
    const waitMs = pair.nextRow.created_at + settleMs - clock.nowMs();
    if (waitMs > 0) {
      await sleep(waitMs);
      continue;
    }
    try {
      await database.transaction(promoteNextMasterKey);
      return rewrapped;
    } catch (error) {
      // A node that was slow to learn of the new key wrapped with the old one just now; the database refuses to forget it.
      if ((await listVersionsWrappedWith(database, pair.old.id, 1)).length === 0) throw error;
    }
  }
}

async function rewrapAll(ports: RotateMasterKeyPorts, { old, next }: Pair): Promise<number> {
  const { database, random } = ports;
  let count = 0;
  for (;;) {
    const rows = await listVersionsWrappedWith(database, old.id, BATCH);
    if (rows.length === 0) return count;
    const rewrapped = rows.map((row) => [row, rewrap(row, old, next, random)] as const);
    await database.transaction(async (transaction) => {
      for (const [row, wrapped] of rewrapped) await replaceWrapping(transaction, row, wrapped);
    });
    count += rows.length;
  }
}

function rewrap(row: KeyVersionTable, old: MasterKey, next: MasterKey, random: Random) {
  if (!isWrapped(row)) throw new Error(`version ${row.version} of key ${row.key_id} has no material`);
  const place = materialPlace(row.key_id, row.version);
  const material = old.unwrap(row.wrapped_material, place);
  try {
    return { wrapped_material: next.wrap(random, material, place), master_key_id: next.id };
  } finally {
    material.fill(0);
  }
}
