import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrations } from './app.ts';
import { AuditTrail, findAccountByName, systemActor } from './iam/index.ts';
import {
  masterKeySource,
  openExistingDatabase,
  openInstallationObjectStore,
  openInstallationToken,
} from './installation.ts';
import { MasterKeyRefused, rotateMasterKey, TokenUnavailable } from './kms/index.ts';
import { assignBucket, ObjectStoreUnavailable } from './object-storage/index.ts';
import { systemClock } from './platform/clock.ts';
import { type Config, readConfig } from './platform/config.ts';
import { openDataFolder } from './platform/data-folder.ts';
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

async function run(words: readonly string[]): Promise<string> {
  const [noun, verb, option, value] = words;
  const hasFile = words.length === 4 && option === '--new-key-file';
  if (noun === 'master-key' && verb === 'rotate' && (words.length === 2 || hasFile))
    return await rotate(readConfig(process.env), hasFile ? value : undefined);
  const hasAccount = words.length === 5 && value === '--account';
  if (noun === 'bucket' && verb === 'create' && option && (words.length === 3 || hasAccount))
    return await createBucket(readConfig(process.env), option, words[4]);
  throw new StartRefused(usage);
}

try {
  process.stdout.write(await run(process.argv.slice(2)));
} catch (error) {
  const isForOperator =
    error instanceof StartRefused ||
    error instanceof MasterKeyRefused ||
    error instanceof TokenUnavailable ||
    error instanceof ObjectStoreUnavailable ||
    error instanceof ServiceError;
  process.stderr.write(
    `${isForOperator ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
}
