import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import { MASTER_KEY_BYTES, MasterKey } from './master-key.ts';
import { createMasterKeyFile, readMasterKeyFile } from './master-key-file.ts';
import { findMasterKeyRow, hasWrappedMaterial, insertMasterKeyRow } from './store.ts';

export type MasterKeySource =
  /** `create`: generate the file if it is missing and the database is empty (the data folder's own file, not one that was named). */
  | { readonly kind: 'file'; readonly path: string; readonly create: boolean }
  /** Base64 of 32 bytes from the variable `name`. */
  | { readonly kind: 'environment'; readonly name: string; readonly base64: string };

/** The server must not start: without the right master key it could read nothing, or would write over what is there. */
export class MasterKeyRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MasterKeyRefused';
  }
}

export interface OpenMasterKeyPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: MasterKeySource;
}

function describe(source: MasterKeySource): string {
  switch (source.kind) {
    case 'file':
      return `the file ${source.path}`;
    case 'environment':
      return `the variable ${source.name}`;
  }
}

function parse(text: string, source: MasterKeySource): MasterKey {
  const trimmed = text.trim();
  const secret = Buffer.from(trimmed, 'base64');
  try {
    if (secret.length !== MASTER_KEY_BYTES || secret.toString('base64') !== trimmed) {
      throw new MasterKeyRefused(
        `${describe(source)} does not hold a master key: Base64 of ${MASTER_KEY_BYTES} bytes is expected`,
      );
    }
    return new MasterKey(secret);
  } finally {
    secret.fill(0);
  }
}

async function load(ports: OpenMasterKeyPorts, expectedId: string | undefined): Promise<MasterKey> {
  const { source, random } = ports;
  switch (source.kind) {
    case 'environment':
      return parse(source.base64, source);
    case 'file': {
      const text = await readMasterKeyFile(source.path);
      if (text !== undefined) return parse(text, source);
      if (expectedId !== undefined) {
        throw new MasterKeyRefused(
          `${describe(source)} is missing, but the database is encrypted with master key ${expectedId}. ` +
            'Restore that key; without it the keys in the database cannot be recovered.',
        );
      }
      if (!source.create)
        throw new MasterKeyRefused(`${describe(source)} was named as master key and is missing`);
      return parse(await createMasterKeyFile(source.path, random), source);
    }
  }
}

/**
 * Opens the master key and proves that it is the one of this database; on an empty database it becomes that. Throws
 * `MasterKeyRefused` with a message for the operator (it names ids and paths, never a key).
 */
export async function openMasterKey(ports: OpenMasterKeyPorts): Promise<MasterKey> {
  const { database, clock, source } = ports;
  const before = await findMasterKeyRow(database);
  if (!before && (await hasWrappedMaterial(database))) {
    throw new MasterKeyRefused(
      'the database holds encrypted keys but not the record of their master key; restore it from a backup',
    );
  }
  const masterKey = await load(ports, before?.master_key_id);
  if (!before) {
    await database.transaction(async (transaction) => {
      await insertMasterKeyRow(transaction, {
        master_key_id: masterKey.id,
        verification_tag: masterKey.verificationTag,
        created_at: clock.nowMs(),
      });
    });
  }
  // Read again: another node may have been first on a shared database, with a key of its own.
  const row = await findMasterKeyRow(database);
  if (!row || row.master_key_id !== masterKey.id || !masterKey.verifies(row.verification_tag)) {
    throw new MasterKeyRefused(
      `${describe(source)} holds master key ${masterKey.id}, but the database is encrypted with master key ` +
        `${row?.master_key_id ?? 'unknown'}. Start with that key.`,
    );
  }
  return masterKey;
}
