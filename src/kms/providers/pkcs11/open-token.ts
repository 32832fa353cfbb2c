import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { Connection, ConnectionFailure } from './connection.ts';
import type { Opening, Operation, Result } from './messages.ts';
import type { Pkcs11Settings } from './settings.ts';
import {
  type GcmMessage,
  NotGenuine,
  type Token,
  type TokenDescription,
  type TokenHash,
  TokenKeyMissing,
  type TokenKeyPairAlgorithm,
  TokenRefused,
  type TokenScheme,
  TokenUnavailable,
} from './token.ts';

const OPENING_MS = 30_000;
const OPERATION_MS = 10_000;
/** An RSA key of 4096 bits takes a small token most of a minute. */
const GENERATION_MS = 120_000;
/** After a failure to connect, requests fail at once for so long instead of each starting a process. */
const PAUSE_MS = 1_000;
const defaultSessions = 4;

export interface TokenPorts {
  readonly settings: Pkcs11Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Operations at the same time; 4 if not given. */
  readonly sessions?: number;
}

/** A token that connects when it is first used and again after every loss. */
export class Pkcs11Token implements Token {
  readonly clusterId: string;
  readonly #ports: TokenPorts;
  #current: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #lastFailure: { readonly error: TokenUnavailable; readonly atMs: number } | undefined;
  /** A PIN that was refused is never tried again: most tokens lock after three times. */
  #pinRefused: TokenUnavailable | undefined;
  #isClosed = false;

  constructor(ports: TokenPorts) {
    this.#ports = ports;
    this.clusterId = ports.settings.clusterId;
  }

  async describe(): Promise<TokenDescription> {
    return (await this.#run({ kind: 'describe' })) as TokenDescription;
  }

  async generateKeyPair(keyName: string, algorithm: TokenKeyPairAlgorithm): Promise<Uint8Array> {
    return (await this.#run({ kind: 'generate-key-pair', keyName, algorithm })) as Uint8Array;
  }

  async generateAesKey(keyName: string): Promise<void> {
    await this.#run({ kind: 'generate-aes-key', keyName });
  }

  async sign(keyName: string, scheme: TokenScheme, hash: TokenHash, digest: Uint8Array): Promise<Uint8Array> {
    return (await this.#run({ kind: 'sign', keyName, scheme, hash, digest })) as Uint8Array;
  }

  async encrypt(keyName: string, message: GcmMessage): Promise<Uint8Array> {
    return (await this.#run({ kind: 'encrypt', keyName, message })) as Uint8Array;
  }

  async decrypt(keyName: string, message: GcmMessage): Promise<Uint8Array> {
    return (await this.#run({ kind: 'decrypt', keyName, message })) as Uint8Array;
  }

  async destroyKey(keyName: string): Promise<void> {
    await this.#run({ kind: 'destroy', keyName });
  }

  async hasKey(keyName: string): Promise<boolean> {
    return (await this.#run({ kind: 'has-key', keyName })) as boolean;
  }

  /** Of the process that holds the connection; undefined while there is none. */
  get processId(): number | undefined {
    return this.#current?.isUsable ? this.#current.processId : undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => undefined);
    await this.#current?.close();
  }

  /** A lost connection is made anew once, for all operations may be repeated; a token that stays away is an error. */
  async #run(operation: Operation): Promise<Result> {
    const timeoutMs = operation.kind === 'generate-key-pair' ? GENERATION_MS : OPERATION_MS;
    const known = this.#current;
    const connection = await this.#connect();
    try {
      return await connection.run(operation, timeoutMs);
    } catch (error) {
      // A connection that was made for this very request and fails is not a lost one.
      const isLost = failureOf(error)?.kind === 'unavailable' && connection === known;
      if (!isLost) throw this.#translate(error, operation);
    }
    const again = await this.#connect();
    try {
      return await again.run(operation, timeoutMs);
    } catch (error) {
      throw this.#translate(error, operation);
    }
  }

  async #connect(): Promise<Connection> {
    if (this.#isClosed) throw new TokenUnavailable('the token was closed');
    if (this.#pinRefused) throw this.#pinRefused;
    if (this.#current?.isUsable) return this.#current;
    const failed = this.#lastFailure;
    if (failed && this.#ports.clock.nowMs() - failed.atMs < PAUSE_MS) throw failed.error;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #open(): Promise<Connection> {
    const { settings, clock, log, sessions = defaultSessions } = this.#ports;
    try {
      const { modulePath, token, pin } = settings;
      const pinText = 'value' in pin ? pin.value : (await readFile(pin.file, 'utf8')).trimEnd();
      const opening: Opening = { modulePath, token, pin: pinText, sessions };
      const connection = await Connection.open(opening, OPENING_MS);
      log.info({ clusterId: this.clusterId }, 'the PKCS#11 token is open');
      this.#lastFailure = undefined;
      this.#current = connection;
      return connection;
    } catch (error) {
      const unavailable = this.#unavailable(error);
      if (failureOf(error)?.kind === 'pin') this.#pinRefused = unavailable;
      this.#lastFailure = { error: unavailable, atMs: clock.nowMs() };
      log.error({ error: unavailable, clusterId: this.clusterId }, 'the PKCS#11 token cannot be opened');
      throw unavailable;
    }
  }

  #unavailable(error: unknown): TokenUnavailable {
    const reason = error instanceof Error ? error.message : String(error);
    return new TokenUnavailable(`the HSM cluster ${this.clusterId} is not available: ${reason}`, {
      cause: error,
    });
  }

  #translate(error: unknown, operation: Operation): Error {
    const failure = failureOf(error);
    switch (failure?.kind) {
      case 'refused':
        return new TokenRefused(`the token of HSM cluster ${this.clusterId} refuses: ${failure.message}`);
      case 'key-missing':
        return new TokenKeyMissing('keyName' in operation ? operation.keyName : '');
      case 'not-genuine':
        return new NotGenuine();
      case 'unavailable':
      case 'timeout':
      case 'pin':
      case undefined:
        return this.#unavailable(error);
    }
  }
}

/** A token that connects when it is first used and again after every loss. */
export function openToken(ports: TokenPorts): Token {
  return new Pkcs11Token(ports);
}

function failureOf(error: unknown) {
  return error instanceof ConnectionFailure ? error.failure : undefined;
}
