import { connect, type NetConnectOpts } from 'node:net';
import type { Outbound } from '../../platform/outbound/index.ts';

const longestAnswerBytes = 1024 * 1024;
const longestReason = 160;

/** A certificate as HAProxy has it. */
export interface HeldCertificate {
  /** Lower-case hexadecimal; undefined for a name without a certificate. */
  readonly sha1: string | undefined;
  /** Whether anything that listens has it in its lists. */
  readonly isUsed: boolean;
}

/** Commands to a running HAProxy (management guide 9.3): each on a connection of its own, which HAProxy closes after the answer. */
export class HaproxyRuntimeApi {
  readonly #outbound: Pick<Outbound, 'addresses'>;
  readonly #socket: string;
  readonly #timeoutMs: number;

  /** `socket`: the path of a UNIX socket, or `host:port`; it is the operator's, so it may be in the operator's own network. */
  constructor(outbound: Pick<Outbound, 'addresses'>, socket: string, timeoutMs: number) {
    this.#outbound = outbound;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
  }

  /** What HAProxy has under this name; undefined if it knows no such file. */
  async find(file: string): Promise<HeldCertificate | undefined> {
    const answer = await this.#ask(`show ssl cert ${file}`);
    if (/not found/i.test(answer)) return undefined;
    if (!answer.includes(`Filename: ${file}`)) throw refused(answer);
    const sha1 = /^SHA1 FingerPrint: ([0-9A-F]{40})$/m.exec(answer)?.[1]?.toLowerCase();
    return { sha1, isUsed: /^Status: Used$/m.test(answer) };
  }

  /** A name for a certificate that is set later. */
  async create(file: string): Promise<void> {
    await this.#expect(`new ssl cert ${file}`, `New empty certificate store '${file}'!`);
  }

  /** Replaces the certificate in use. `pem`: certificate, chain and key. */
  async replace(file: string, pem: string): Promise<void> {
    // There is one transaction for all files, and `set` goes into it whatever file it names: what was left there goes first.
    await this.#ask(`abort ssl cert ${file}`);
    try {
      await this.#expect(`set ssl cert ${file} <<\n${pem}`, `Transaction created for certificate ${file}!`);
      await this.#expect(`commit ssl cert ${file}`, 'Success!');
    } catch (error) {
      await this.#ask(`abort ssl cert ${file}`).catch(() => '');
      throw error;
    }
  }

  /** Serves the certificate by the names in it. `list`: a file of `crt-list`, or a folder of `crt`. */
  async addToList(list: string, file: string): Promise<void> {
    const entries = await this.#ask(`show ssl crt-list ${list}`);
    if (entries.split('\n').some((line) => line.split(/[\s[]/)[0] === file)) return;
    await this.#expect(`add ssl crt-list ${list} ${file}`, 'Success!');
  }

  /** Forgets a certificate, which may be in this list. */
  async remove(list: string | undefined, file: string): Promise<void> {
    if (list !== undefined) await this.#ask(`del ssl crt-list ${list} ${file}`);
    await this.#ask(`del ssl cert ${file}`);
  }

  async #expect(command: string, expected: string): Promise<void> {
    const answer = await this.#ask(command);
    if (!answer.includes(expected)) throw refused(answer);
  }

  async #ask(command: string): Promise<string> {
    return ask(await this.#address(), `${command}\n`, this.#timeoutMs);
  }

  async #address(): Promise<NetConnectOpts> {
    if (this.#socket.startsWith('/')) return { path: this.#socket };
    const colon = this.#socket.lastIndexOf(':');
    const host = this.#socket.slice(0, colon);
    const [address = host] = await this.#outbound.addresses(host, { namedByOperator: true });
    return { host: address, port: Number(this.#socket.slice(colon + 1)) };
  }
}

function refused(answer: string): Error {
  const said = answer.trim().replace(/\s+/g, ' ').slice(0, longestReason);
  return new Error(`HAProxy: ${said || 'no answer'}`);
}

function ask(address: NetConnectOpts, command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const late = setTimeout(() => socket.destroy(new Error('HAProxy: no answer in time')), timeoutMs);
    const chunks: Buffer[] = [];
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestAnswerBytes) socket.destroy(new Error('HAProxy: the answer is too long'));
      else chunks.push(chunk);
    });
    socket.once('connect', () => socket.write(command));
    // The message of the machine's own failures names the operator's socket or address, which are not for users.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const what =
        error.code === undefined ? error.message : `HAProxy: it could not be asked (${error.code})`;
      reject(new Error(what, { cause: error }));
    });
    socket.once('close', () => {
      clearTimeout(late);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}
