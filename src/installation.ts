import { readFile } from 'node:fs/promises';
import type { CreatedAccount, Iam } from './iam/index.ts';
import {
  type MasterKey,
  MasterKeyRefused,
  type MasterKeySource,
  openMasterKey,
  openToken,
  type Token,
  TokenUnavailable,
} from './kms/index.ts';
import { type OpenStore, openObjectStore } from './object-storage/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import type { DataFolder } from './platform/data-folder.ts';
import {
  type AllowNewDatabase,
  type CommitObserver,
  type Database,
  type Migrations,
  openDatabase,
  urlsOfHosts,
} from './platform/db/index.ts';
import { reasonOf, ServiceError } from './platform/errors.ts';
import type { Log } from './platform/log.ts';
import type { Random } from './platform/random.ts';
import { StartRefused } from './platform/start-refused.ts';
import { readSslConfiguration, type SslConfiguration } from './ssl-certificates/index.ts';

export const sqliteName = 'openccm.db';
export const bootstrapFile = 'bootstrap.json';
const uncommittedBootstrapFile = 'bootstrap.json.uncommitted';

/** Files that a start leaves in the data folder after the database has its tables. */
const installedFiles = ['master.key', bootstrapFile, 'ca.pem'];

interface DatabaseOpening {
  readonly migrations: Migrations;
  readonly log: Log;
  readonly observe: CommitObserver;
}

/**
 * The database of the configuration, with its tables up to date; a new one only where nothing shows that there was an installation.
 * Throws `StartRefused` if it cannot be used.
 */
export function openInstallationDatabase(
  config: Config,
  folder: DataFolder,
  opening: DatabaseOpening,
): Promise<Database> {
  return openConfiguredDatabase(config, folder, opening, async () => {
    const left = await folder.present(installedFiles);
    if (left.length > 0) throw new StartRefused(lostDatabase(folder, databaseName(config, folder), left));
  });
}

/** As `openInstallationDatabase`, for commands: there must be an installation already. */
export function openExistingDatabase(
  config: Config,
  folder: DataFolder,
  opening: DatabaseOpening,
): Promise<Database> {
  return openConfiguredDatabase(config, folder, opening, async () => {
    throw new StartRefused(
      `${databaseName(config, folder)} is empty: give the command the server's settings (OPENCCM_DATA_DIR, OPENCCM_DATABASE_URL)`,
    );
  });
}

async function openConfiguredDatabase(
  config: Config,
  folder: DataFolder,
  opening: DatabaseOpening,
  allowNew: AllowNewDatabase,
): Promise<Database> {
  const { databaseUrl: url, databasePoolSize: poolSize } = config;
  const sqliteFile = folder.pathOf(sqliteName);
  try {
    return await openDatabase({ ...opening, url, sqliteFile, poolSize, allowNew });
  } catch (error) {
    if (error instanceof StartRefused) throw error;
    const hint = url === undefined ? '' : '; see OPENCCM_DATABASE_URL';
    throw new StartRefused(`${databaseName(config, folder)} cannot be opened: ${reasonOf(error)}${hint}`, {
      cause: error,
    });
  }
}

function databaseName({ databaseUrl: url }: Config, folder: DataFolder): string {
  return `the database ${url === undefined ? folder.pathOf(sqliteName) : withoutCredentials(url)}`;
}

/** A volume that is mounted late looks like this; a new installation in its place would hide the keys of the old one. */
function lostDatabase(folder: DataFolder, database: string, left: readonly string[]): string {
  return [
    `${database} is empty, but ${left.map((name) => folder.pathOf(name)).join(', ')} of an installation are there. Choose one:`,
    '  if its volume or server was not there yet: make it available, and start again;',
    '  if it was lost: restore it from a backup, and start again;',
    '  if a new installation is wanted: move these files away, or choose another OPENCCM_DATA_DIR.',
  ].join('\n');
}

/** Where buckets and objects are. Throws `StartRefused` if the folder cannot be used; a service is reached when it is first used. */
export async function openInstallationObjectStore(
  config: Config,
  folder: DataFolder,
  given: { readonly random: Random; readonly machineClock: Clock; readonly hostName: string },
): Promise<OpenStore> {
  const path = folder.pathOf('obs');
  try {
    const publicHttpUrl = publicHttpUrlOf(config, given.hostName);
    return await openObjectStore(config.objectStore, { ...given, folder: path, publicHttpUrl });
  } catch (error) {
    throw new StartRefused(`the folder of the buckets, ${path}, cannot be used: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** What the file of OPENCCM_SSL_CONFIG says; the defaults without one. Throws `StartRefused` if it cannot be read or is wrong. */
export async function readInstallationSslConfiguration({ sslConfigFile }: Config): Promise<SslConfiguration> {
  if (sslConfigFile === undefined) return {};
  let text: string;
  try {
    text = await readFile(sslConfigFile, 'utf8');
  } catch (error) {
    throw new StartRefused(
      `${sslConfigFile}, the file of OPENCCM_SSL_CONFIG, cannot be read: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
  return readSslConfiguration(text, sslConfigFile);
}

/** The address of the API as clients reach it, without a slash at the end. */
export function publicUrlOf(config: Config, hostName: string): string {
  return config.publicUrl ?? `https://${reachableHost(config, hostName)}:${config.httpsPort}`;
}

/** The address of the plain HTTP port as relying parties reach it, without a slash at the end. */
export function publicHttpUrlOf(config: Config, hostName: string): string {
  return config.publicHttpUrl ?? `http://${reachableHost(config, hostName)}:${config.httpPort}`;
}

function reachableHost({ host }: Config, hostName: string): string {
  const isAnyAddress = host === '0.0.0.0' || host === '::';
  return isAnyAddress ? hostName : host.includes(':') ? `[${host}]` : host;
}

function withoutCredentials(url: string): string {
  const urls = (urlsOfHosts(url) ?? []).map((each) => new URL(each));
  return `${urls.map(({ host }) => host).join(',')}${urls[0]?.pathname ?? ''}`;
}

/** The master key of the configuration. Throws `StartRefused` if it is missing or not the one of the database. */
export async function openInstallationMasterKey(
  config: Config,
  folder: DataFolder,
  given: { readonly database: Database; readonly clock: Clock; readonly random: Random },
  token: Token | undefined,
): Promise<MasterKey> {
  try {
    return await openMasterKey({ ...given, source: masterKeySource(config, folder, token) });
  } catch (error) {
    if (error instanceof MasterKeyRefused || error instanceof TokenUnavailable)
      throw new StartRefused(error.message, { cause: error });
    throw error;
  }
}

/** Where the configuration has the master key; `token` is needed if the HSM seals it. */
export function masterKeySource(
  { masterKey, masterKeyInHsm }: Config,
  folder: DataFolder,
  token: Token | undefined,
): MasterKeySource {
  if (masterKey && 'base64' in masterKey)
    return { kind: 'environment', name: 'OPENCCM_MASTER_KEY', base64: masterKey.base64 };
  const file = { path: masterKey?.file ?? folder.pathOf('master.key'), create: masterKey === undefined };
  return masterKeyInHsm && token ? { kind: 'token', ...file, token } : { kind: 'file', ...file };
}

/** The token of the configuration, which connects when it is first used; undefined if there is none. */
export function openInstallationToken(
  { pkcs11: settings }: Config,
  given: { readonly clock: Clock; readonly log: Log },
): Token | undefined {
  return settings && openToken({ ...given, settings });
}

/**
 * At the first start makes the first account and writes its credentials down; undefined at every other. They are on the disk before the
 * account is committed, so whenever this is killed the next start either finds them or makes new ones. Throws `StartRefused`.
 */
export async function bootstrapInstallation(
  config: Config,
  folder: DataFolder,
  iam: Pick<Iam, 'bootstrap' | 'principalExists'>,
): Promise<CreatedAccount | undefined> {
  const created = await makeFirstAccount(config, folder, iam);
  const text = created ? credentialsText(created) : await committedCredentials(folder, iam);
  if (text !== undefined) await writeCredentials(folder, bootstrapFile, text);
  await folder.remove(uncommittedBootstrapFile);
  return created;
}

async function makeFirstAccount(
  config: Config,
  folder: DataFolder,
  iam: Pick<Iam, 'bootstrap'>,
): Promise<CreatedAccount | undefined> {
  try {
    return await iam.bootstrap(config.bootstrap, (made) =>
      writeCredentials(folder, uncommittedBootstrapFile, credentialsText(made)),
    );
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new StartRefused(`the first account cannot be made from OPENCCM_BOOTSTRAP_*: ${error.message}`, {
      cause: error,
    });
  }
}

/** What a start left that ended after the commit; undefined if nothing was left, or what it would have made was not committed. */
async function committedCredentials(
  folder: DataFolder,
  { principalExists }: Pick<Iam, 'principalExists'>,
): Promise<string | undefined> {
  const text = await folder.read(uncommittedBootstrapFile);
  if (text === undefined) return undefined;
  const { account_id: accountId } = JSON.parse(text) as ReturnType<typeof inFile>;
  return (await principalExists('domain', accountId!)) ? text : undefined;
}

async function writeCredentials(folder: DataFolder, name: string, text: string): Promise<void> {
  try {
    await folder.write(name, text, 0o600);
  } catch (error) {
    throw new StartRefused(
      `the credentials of the first account cannot be written to ${folder.pathOf(name)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function credentialsText(created: CreatedAccount): string {
  return `${JSON.stringify(inFile(created), null, 2)}\n`;
}

/** The key is absent, as in the answer of the API, if none was made. */
function inFile(created: CreatedAccount): Record<string, string | undefined> {
  return {
    account_id: created.accountId,
    account_name: created.accountName,
    user_id: created.userId,
    user_name: created.userName,
    password: created.password,
    project_id: created.projectId,
    project_name: created.projectName,
    access_key: created.accessKey,
    secret_key: created.secretKey,
  };
}
