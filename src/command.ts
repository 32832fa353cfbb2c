import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrations } from './app.ts';
import { createBackup, withBackup } from './backup.ts';
import { checkInstallation } from './check.ts';
import { AuditTrail, findAccountByName, resetSecondFactors, systemActor } from './iam/index.ts';
import {
  masterKeySource,
  openExistingDatabase,
  openInstallationMasterKey,
  openInstallationObjectStore,
  openInstallationToken,
} from './installation.ts';
import { type MasterKey, MasterKeyRefused, rotateMasterKey, TokenUnavailable } from './kms/index.ts';
import { assignBucket, ObjectStoreUnavailable } from './object-storage/index.ts';
import { systemClock } from './platform/clock.ts';
import { type Config, readConfig } from './platform/config.ts';
import { openDataFolder } from './platform/data-folder.ts';
import { type Database, DatabaseUnavailable, openDatabase } from './platform/db/index.ts';
import { ServiceError } from './platform/errors.ts';
import { createLog } from './platform/log.ts';
import { systemRandom } from './platform/random.ts';
import { StartRefused } from './platform/start-refused.ts';

const usage = `npm run openccm -- <command>

  master-key rotate [--new-key-file <path>]
      Exchanges the master key and wraps everything anew, with the settings of the environment; the server may run meanwhile.
      The file of the master key is replaced. If the key is in OPENCCM_MASTER_KEY the new one is written to <path>.
      If it is interrupted, run it again: it carries on.

  bucket create <name> [--account <name>]
      Makes a bucket for the first account or the one named; one that the service of OPENCCM_OBS_URL has already is assigned to it.

  second-factor reset <user> [--account <name>]
      Removes the second factors, the login protection and the sessions of a user, also of a root user that has lost them.

  backup create <folder>
      Copies the SQLite database, as of one instant, and the objects into a new folder, and checks the copy; the server may run
      meanwhile. The master key is not in it: keep that apart.

  check [--backup <folder>]
      Reads the whole database, or that of a backup, opens every key in it with the master key of the settings and verifies
      every CA. Ends with 1 if anything is wrong.
`;

async function rotate(config: Config, newKeyFile: string | undefined): Promise<string> {
  const log = createLog(config.logLevel);
  const folder = await openDataFolder(config.dataDir);
  const database = await openExistingDatabase(config, folder, { migrations, log, observe: () => {} });
  const token = openInstallationToken(config, { clock: systemClock, log });
  try {
    const { oldId, newId, rewrapped } = await rotateMasterKey({
      database,
      clock: systemClock,
      random: systemRandom,
      log,
      source: masterKeySource(config, folder, token),
      sleep: (ms) => sleep(ms),
      ...(newKeyFile !== undefined && { newKeyFile }),
    });
    return `The master key ${oldId} was exchanged for ${newId}; ${rewrapped} keys were wrapped anew.\n`;
  } finally {
    await token?.close();
    await database.close();
  }
}

async function createBucket(
  config: Config,
  name: string,
  account = config.bootstrap.accountName,
): Promise<string> {
  const log = createLog(config.logLevel);
  const folder = await openDataFolder(config.dataDir);
  const storePorts = { random: systemRandom, machineClock: systemClock, hostName: hostname() };
  const { store } = await openInstallationObjectStore(config, folder, storePorts);
  const database = await openExistingDatabase(config, folder, { migrations, log, observe: () => {} });
  try {
    const found = await findAccountByName(database, account);
    if (!found) throw new StartRefused(`there is no account ${account}; name another with --account`);
    const audit = new AuditTrail({ clock: systemClock, random: systemRandom });
    const identity = { recordAudit: audit.record.bind(audit) };
    const operator = systemActor(found.account_id, 'operator');
    const isNew = await assignBucket({ database, clock: systemClock, identity, store }, operator, name);
    const url = store.publicUrl(name, 'NAME');
    return `The bucket ${name} ${isNew ? 'was made' : 'was assigned'} for ${account}; objects are at ${url}\n`;
  } finally {
    await database.close();
  }
}

async function resetFactors(
  config: Config,
  user: string,
  account = config.bootstrap.accountName,
): Promise<string> {
  const log = createLog(config.logLevel);
  const folder = await openDataFolder(config.dataDir);
  const database = await openExistingDatabase(config, folder, { migrations, log, observe: () => {} });
  try {
    const found = await findAccountByName(database, account);
    if (!found) throw new StartRefused(`there is no account ${account}; name another with --account`);
    const audit = new AuditTrail({ clock: systemClock, random: systemRandom });
    if (!(await resetSecondFactors({ database, audit }, found.account_id, user)))
      throw new StartRefused(`the account ${account} has no user ${user}`);
    return `The second factors of ${user} of account ${account} were removed; the password alone signs in.\n`;
  } finally {
    await database.close();
  }
}

async function backUp(config: Config, target: string): Promise<string> {
  const log = createLog(config.logLevel);
  const folder = await openDataFolder(config.dataDir);
  const masterKeyId = await withInstallation(config, async ({ masterKey }) => masterKey.id);
  const now = new Date(systemClock.nowMs());
  const path = await createBackup(config, folder, target, { masterKeyId, now });
  log.info({ path, masterKeyId }, 'a backup was made');
  return `${await check(config, path)}The backup is in ${path}. The master key ${masterKeyId} opens it: keep it apart.\n`;
}

async function check(config: Config, backup: string | undefined): Promise<string> {
  const checkOpened = async (installation: Installation) => {
    const report = await checkInstallation({ ...installation, clock: systemClock, random: systemRandom });
    if (!report.isSound) throw new StartRefused(report.text);
    return report.text;
  };
  if (backup === undefined) return withInstallation(config, checkOpened);
  return withBackup(backup, (file) => withInstallation(config, checkOpened, file));
}

interface Installation {
  readonly database: Database;
  readonly masterKey: MasterKey;
}

/** Opens the database of the configuration, or that of a backup, and its master key. */
async function withInstallation<Result>(
  config: Config,
  use: (installation: Installation) => Promise<Result>,
  backupFile?: string,
): Promise<Result> {
  const log = createLog(config.logLevel);
  const folder = await openDataFolder(config.dataDir);
  const opening = { migrations, log, observe: () => {} };
  const database =
    backupFile === undefined
      ? await openExistingDatabase(config, folder, opening)
      : await openDatabase({ ...opening, sqliteFile: backupFile });
  const token = openInstallationToken(config, { clock: systemClock, log });
  try {
    const given = { database, clock: systemClock, random: systemRandom };
    return await use({ database, masterKey: await openInstallationMasterKey(config, folder, given, token) });
  } finally {
    await token?.close();
    await database.close();
  }
}

async function run(words: readonly string[]): Promise<string> {
  const [noun, verb, option, value] = words;
  const hasFile = words.length === 4 && option === '--new-key-file';
  if (noun === 'master-key' && verb === 'rotate' && (words.length === 2 || hasFile))
    return await rotate(readConfig(process.env), hasFile ? value : undefined);
  const hasAccount = words.length === 5 && value === '--account';
  if (noun === 'bucket' && verb === 'create' && option && (words.length === 3 || hasAccount))
    return await createBucket(readConfig(process.env), option, words[4]);
  if (noun === 'second-factor' && verb === 'reset' && option && (words.length === 3 || hasAccount))
    return await resetFactors(readConfig(process.env), option, words[4]);
  if (noun === 'backup' && verb === 'create' && option && words.length === 3)
    return await backUp(readConfig(process.env), option);
  const hasBackup = words.length === 3 && verb === '--backup';
  if (noun === 'check' && (words.length === 1 || hasBackup))
    return await check(readConfig(process.env), hasBackup ? option : undefined);
  throw new StartRefused(usage);
}

try {
  process.stdout.write(await run(process.argv.slice(2)));
} catch (error) {
  const isForOperator =
    error instanceof StartRefused ||
    error instanceof DatabaseUnavailable ||
    error instanceof MasterKeyRefused ||
    error instanceof TokenUnavailable ||
    error instanceof ObjectStoreUnavailable ||
    error instanceof ServiceError;
  process.stderr.write(
    `${isForOperator ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
}
