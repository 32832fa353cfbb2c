import { urlsOfHosts } from './db/postgres-hosts.ts';
import { defaultLimits, type LimitSettings } from './http/limits.ts';
import { type LogLevel, logLevels } from './log.ts';
import { parseS3Address, type S3Config } from './s3-address.ts';
import { StartRefused } from './start-refused.ts';

/** Everything that the environment decides; see the README for what each variable means. */
export interface Config {
  readonly dataDir: string;
  readonly host: string;
  /** 0: any free port. */
  readonly httpsPort: number;
  readonly httpPort: number;
  /** As clients reach the API, without a slash at the end; undefined: from host and port. */
  readonly publicUrl: string | undefined;
  /** As relying parties reach CRLs and OCSP, without a slash at the end; undefined: from host and port. */
  readonly publicHttpUrl: string | undefined;
  /** Undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  /** Where buckets and objects are; undefined: a folder in the data folder. */
  readonly objectStore: S3Config | undefined;
  /** Undefined: a file of its own in the data folder, made at first start. */
  readonly masterKey: { readonly file: string } | { readonly base64: string } | undefined;
  /** The file of the master key is sealed by the HSM. */
  readonly masterKeyInHsm: boolean;
  /** The token of an HSM; undefined: there is none. */
  readonly pkcs11: Pkcs11Config | undefined;
  readonly bootstrap: {
    readonly accountName: string;
    readonly userName: string | undefined;
    readonly password: string | undefined;
    readonly projectName: string;
    readonly accessKey: string | undefined;
    readonly secretKey: string | undefined;
  };
  /** File that says who issues SSL certificates, how domains are proven and where certificates go; undefined: the defaults. */
  readonly sslConfigFile: string | undefined;
  /** What one yearly/monthly CA costs, in hundredths of the currency's unit. */
  readonly caPrices: { readonly monthCents: number; readonly yearCents: number; readonly currency: string };
  readonly limits: LimitSettings;
  readonly metrics: MetricsConfig;
  readonly rsaPoolSize: number;
  readonly devClock: boolean;
  readonly httpApi: boolean;
  /** Between being no longer ready and closing the ports, when the program ends. */
  readonly drainSeconds: number;
  readonly logLevel: LogLevel;
}

/** Without a port or a token nobody gets metrics. */
export interface MetricsConfig {
  readonly host: string;
  /** Port of a listener for metrics alone; undefined: there is none. */
  readonly port: number | undefined;
  /** Token whose bearers get the metrics, by HTTPS too. */
  readonly token: string | undefined;
}

export interface Pkcs11Config {
  /** Path of the vendor's library. */
  readonly modulePath: string;
  readonly token: { readonly label: string } | { readonly slotId: number };
  readonly pin: { readonly value: string } | { readonly file: string };
  /** The HSM cluster that the token is called in the API. */
  readonly clusterId: string;
  /** Names of the accounts whose CAs may keep their keys in it; undefined: every account. */
  readonly accountNames: readonly string[] | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The prefix of variables that only tests read. */
const testPrefix = 'OPENCCM_TEST_';

/** Reads the variables `OPENCCM_*`. Throws `StartRefused` that names every variable at fault, not only the first. */
export function readConfig(environment: Environment): Config {
  const variables = new Variables(environment);
  const config: Config = {
    dataDir: variables.text('DATA_DIR') ?? './data',
    host: variables.text('HOST') ?? '127.0.0.1',
    httpsPort: variables.integer('HTTPS_PORT', 8443, 0, 65_535),
    httpPort: variables.integer('HTTP_PORT', 8080, 0, 65_535),
    publicUrl: variables.url('PUBLIC_URL', ['https:', 'http:']),
    publicHttpUrl: variables.url('PUBLIC_HTTP_URL', ['http:']),
    databaseUrl: variables.databaseUrl('DATABASE_URL'),
    objectStore: readObjectStore(variables),
    databasePoolSize: variables.integer('DATABASE_POOL_SIZE', 10, 1, 1_000),
    masterKey: readMasterKey(variables),
    masterKeyInHsm: variables.flag('MASTER_KEY_HSM'),
    pkcs11: readPkcs11(variables),
    bootstrap: {
      accountName: variables.text('BOOTSTRAP_ACCOUNT') ?? 'openccm',
      userName: variables.text('BOOTSTRAP_USER') ?? 'admin',
      password: variables.text('BOOTSTRAP_PASSWORD'),
      projectName: variables.text('BOOTSTRAP_PROJECT') ?? 'cn-north-4',
      accessKey: variables.text('BOOTSTRAP_ACCESS_KEY'),
      secretKey: variables.text('BOOTSTRAP_SECRET_KEY'),
    },
    sslConfigFile: variables.text('SSL_CONFIG'),
    caPrices: {
      monthCents: variables.cents('PRICE_CA_MONTH'),
      yearCents: variables.cents('PRICE_CA_YEAR'),
      currency: variables.currency('CURRENCY', 'CNY'),
    },
    limits: readLimits(variables),
    metrics: readMetrics(variables),
    rsaPoolSize: variables.integer('RSA_POOL_SIZE', 4, 0, 1_000),
    devClock: variables.flag('DEV_CLOCK'),
    httpApi: variables.flag('HTTP_API'),
    drainSeconds: variables.integer('DRAIN_SECONDS', 0, 0, 600),
    logLevel: variables.oneOf('LOG_LEVEL', logLevels, 'info'),
  };
  const { accessKey, secretKey } = config.bootstrap;
  const isWithoutKey = accessKey === 'none' && secretKey === undefined;
  if (!isWithoutKey && (accessKey === undefined) !== (secretKey === undefined))
    variables.refuse(
      'BOOTSTRAP_ACCESS_KEY',
      'and OPENCCM_BOOTSTRAP_SECRET_KEY are set together or not at all',
    );
  if (config.httpsPort !== 0 && config.httpsPort === config.httpPort)
    variables.refuse('HTTP_PORT', 'must differ from OPENCCM_HTTPS_PORT');
  if (config.metrics.port && [config.httpPort, config.httpsPort].includes(config.metrics.port))
    variables.refuse('METRICS_PORT', 'must differ from the other ports');
  if (config.masterKeyInHsm && config.pkcs11 === undefined)
    variables.refuse('MASTER_KEY_HSM', 'needs an HSM: set OPENCCM_PKCS11_MODULE');
  if (config.masterKeyInHsm && config.masterKey && 'base64' in config.masterKey)
    variables.refuse('MASTER_KEY_HSM', 'and OPENCCM_MASTER_KEY exclude each other');
  variables.finish();
  return config;
}

function readObjectStore(variables: Variables): Config['objectStore'] {
  const text = variables.text('OBS_URL');
  if (text === undefined) return undefined;
  const parsed = parseS3Address(text);
  if (typeof parsed !== 'string') return parsed;
  variables.refuse('OBS_URL', parsed);
  return undefined;
}

/** Beyond what one process can answer. */
const largestRate = 1_000_000;

function readLimits(variables: Variables): LimitSettings {
  const { strangersPerSecond, principalPerSecond, servicePerSecond, ...sizes } = defaultLimits;
  const bodyMegabytes = sizes.bodyBytes / 1024 / 1024;
  return {
    strangersPerSecond: variables.integer('RATE_LIMIT_STRANGERS', strangersPerSecond, 0, largestRate),
    principalPerSecond: variables.integer('RATE_LIMIT_PRINCIPAL', principalPerSecond, 0, largestRate),
    servicePerSecond: variables.integer('RATE_LIMIT_SERVICE', servicePerSecond, 0, largestRate),
    // A quarter is one source's, and the longest body has 2.25 MB.
    bodyBytes: variables.integer('BODY_MEMORY_MB', bodyMegabytes, 16, 65_536) * 1024 * 1024,
    mostConnections: variables.integer('MAX_CONNECTIONS', sizes.mostConnections, 10, largestRate),
    mostConnectionsOfSource: variables.integer(
      'MAX_CONNECTIONS_PER_SOURCE',
      sizes.mostConnectionsOfSource,
      10,
      largestRate,
    ),
  };
}

const shortestMetricsToken = 16;

function readMetrics(variables: Variables): MetricsConfig {
  const token = variables.text('METRICS_TOKEN');
  if (token !== undefined && token.length < shortestMetricsToken)
    variables.refuse('METRICS_TOKEN', `must have at least ${shortestMetricsToken} characters`);
  const hasPort = variables.text('METRICS_PORT') !== undefined;
  return {
    host: variables.text('METRICS_HOST') ?? '127.0.0.1',
    port: hasPort ? variables.integer('METRICS_PORT', 0, 0, 65_535) : undefined,
    token,
  };
}

function readMasterKey(variables: Variables): Config['masterKey'] {
  const file = variables.text('MASTER_KEY_FILE');
  const base64 = variables.text('MASTER_KEY');
  if (file !== undefined && base64 !== undefined)
    variables.refuse('MASTER_KEY', 'and OPENCCM_MASTER_KEY_FILE exclude each other');
  if (file !== undefined) return { file };
  return base64 === undefined ? undefined : { base64 };
}

const clusterPattern = /^[0-9A-Za-z-]{1,64}$/;

function readPkcs11(variables: Variables): Config['pkcs11'] {
  const modulePath = variables.text('PKCS11_MODULE');
  const label = variables.text('PKCS11_TOKEN_LABEL');
  const slot = variables.text('PKCS11_SLOT');
  const file = variables.text('PKCS11_PIN_FILE');
  const value = variables.text('PKCS11_PIN');
  const clusterId = variables.text('PKCS11_CLUSTER_ID') ?? '';
  const accounts = variables.text('PKCS11_ACCOUNTS');
  if (modulePath === undefined) return undefined;
  if ((label === undefined) === (slot === undefined))
    variables.refuse('PKCS11_TOKEN_LABEL', 'or OPENCCM_PKCS11_SLOT is needed, one of them');
  if (slot !== undefined && !/^\d{1,14}$/.test(slot))
    variables.refuse('PKCS11_SLOT', 'must be the number of a slot');
  if ((file === undefined) === (value === undefined))
    variables.refuse('PKCS11_PIN_FILE', 'or OPENCCM_PKCS11_PIN is needed, one of them');
  if (!clusterPattern.test(clusterId))
    variables.refuse('PKCS11_CLUSTER_ID', 'must name the HSM cluster: 1 to 64 letters, digits and -');
  return {
    modulePath,
    token: label === undefined ? { slotId: Number(slot) } : { label },
    pin: file === undefined ? { value: value ?? '' } : { file },
    clusterId,
    accountNames: accounts?.split(',').map((name) => name.trim()),
  };
}

/** Collects problems; they never quote a value, which may be a password. */
class Variables {
  readonly #environment: Environment;
  readonly #known = new Set<string>();
  readonly #problems: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  refuse(name: string, problem: string): void {
    this.#problems.push(`OPENCCM_${name} ${problem}`);
  }

  /** Empty is as good as absent, as files of variables often have it. */
  text(name: string): string | undefined {
    this.#known.add(`OPENCCM_${name}`);
    return this.#environment[`OPENCCM_${name}`] || undefined;
  }

  integer(name: string, otherwise: number, smallest: number, largest: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= smallest && value <= largest) return value;
    this.refuse(name, `must be a whole number from ${smallest} to ${largest}`);
    return otherwise;
  }

  flag(name: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== '0' && text !== '1') this.refuse(name, 'must be 0 or 1');
    return text === '1';
  }

  /** An amount with at most two decimals, in hundredths; 0 if it is not set. */
  cents(name: string): number {
    const text = this.text(name);
    if (text === undefined) return 0;
    if (!/^\d{1,9}(\.\d{1,2})?$/.test(text)) this.refuse(name, 'must be an amount such as 120 or 99.50');
    return Math.round(Number(text) * 100);
  }

  currency(name: string, otherwise: string): string {
    const text = this.text(name);
    if (text !== undefined && !/^[A-Z]{3}$/.test(text))
      this.refuse(name, 'must be three letters, such as EUR');
    return text ?? otherwise;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) this.refuse(name, `must be one of ${values.join(', ')}`);
    return value ?? otherwise;
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const url = URL.parse(text);
    if (url && protocols.includes(url.protocol) && !url.search && !url.hash && !url.username)
      return url.href.replace(/\/+$/, '');
    this.refuse(
      name,
      `must be an address that begins with ${protocols.map((each) => `${each}//`).join(' or ')}`,
    );
    return undefined;
  }

  databaseUrl(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (urlsOfHosts(text)) return text;
    this.refuse(
      name,
      'must be postgres://user:password@host:port/database; several hosts are separated by commas',
    );
    return undefined;
  }

  finish(): void {
    for (const name of Object.keys(this.#environment))
      if (name.startsWith('OPENCCM_') && !this.#known.has(name) && !name.startsWith(testPrefix))
        this.#problems.push(`${name} is no variable of OpenCCM${this.#nearest(name)}`);
    if (this.#problems.length > 0) throw new StartRefused(this.#problems.join('\n'));
  }

  #nearest(name: string): string {
    const similar = [...this.#known].find((known) => known.startsWith(name) || name.startsWith(known));
    return similar ? `; did you mean ${similar}?` : '';
  }
}
