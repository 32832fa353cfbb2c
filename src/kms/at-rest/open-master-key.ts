import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import { MasterKey } from './master-key.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import { MasterKeyRing } from './master-key-ring.ts';
import { createSecret, describeSource, type MasterKeySource, readSecret } from './master-key-source.ts';
import { insertMasterKeyRow, listMasterKeyRows } from './store.ts';

export interface OpenMasterKeyPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: MasterKeySource;
}

async function load(
  { source, random }: OpenMasterKeyPorts,
  expectedIds: readonly string[],
): Promise<MasterKey> {
  let secret = await readSecret(source);
  if (!secret && expectedIds.length > 0) {
    throw new MasterKeyRefused(
      `${describeSource(source)} is missing, but the database is encrypted with master key ${expectedIds.join(' or ')}. ` +
        'Restore that key; without it the keys in the database cannot be recovered.',
    );
  }
  if (!secret && source.kind !== 'environment' && source.create) secret = await createSecret(source, random);
  if (!secret) throw new MasterKeyRefused(`${describeSource(source)} was named as master key and is missing`);
  try {
    return new MasterKey(secret);
  } finally {
    secret.fill(0);
  }
}

/**
 * Opens the master key and proves that it is the one of this database; on an empty database it becomes that. Throws
 * `MasterKeyRefused` with a message for the operator (it names ids and paths, never a key), or `TokenUnavailable`.
 */
export async function openMasterKey(ports: OpenMasterKeyPorts): Promise<MasterKeyRing> {
  const { database, clock, source } = ports;
  const before = await listMasterKeyRows(database);
  const masterKey = await load(
    ports,
    before.map((row) => row.master_key_id),
  );
  if (before.length === 0) {
    await database.transaction(async (transaction) => {
      await insertMasterKeyRow(transaction, {
        role: 'current',
        master_key_id: masterKey.id,
        verification_tag: masterKey.verificationTag,
        sealed_with_other: null,
        created_at: clock.nowMs(),
      });
    });
  }
  // Read again: another node may have been first on a shared database, with a key of its own. Either key opens the database while
  // the master key is being changed.
  const rows = await listMasterKeyRows(database);
  const row = rows.find(({ master_key_id: id }) => id === masterKey.id);
  if (!row || !masterKey.verifies(row.verification_tag)) {
    throw new MasterKeyRefused(
      `${describeSource(source)} holds master key ${masterKey.id}, but the database is encrypted with master key ` +
        `${rows.map(({ master_key_id: id }) => id).join(' or ')}. Start with that key.`,
    );
  }
  const ring = new MasterKeyRing(database, masterKey);
  await ring.refresh();
  return ring;
}
