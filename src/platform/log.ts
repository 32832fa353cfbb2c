import pino from 'pino';

/** What code that logs needs. The first argument carries the facts, the second a short sentence. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const secretNames = [
  'authorization',
  '["x-auth-token"]',
  '["x-subject-token"]',
  '["x-sdk-content-sha256"]',
  'password',
  'adminPass',
  'secret',
  'secret_key',
  'token',
  'private_key',
  'privateKey',
  'enc_private_key',
  'plain_text',
  'plaintext',
  'key_material',
  'encrypted_key_material',
];

/** JSON lines on standard output (or `destination`), with secrets removed wherever they stand up to two levels deep. */
export function createLog(level: LogLevel, destination?: pino.DestinationStream): Log {
  const paths = secretNames.flatMap((name) => {
    const path = name.startsWith('[') ? name : `.${name}`;
    return [path.replace(/^\./, ''), `*${path}`, `*.*${path}`];
  });
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: describeError },
    redact: { paths, censor: '[removed]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Takes the members of an error that operators need. Libraries hang whole clients and requests on theirs. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  const code = 'code' in error ? error.code : undefined;
  const cause =
    depth < deepestCause && error.cause !== undefined ? describeError(error.cause, depth + 1) : undefined;
  return { name, message, code, stack, cause };
}

const deepestCause = 5;

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
