import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Failure, FromProcess, Opening, Operation, Result, ToProcess } from './messages.ts';

const program = fileURLToPath(new URL('./token-process.ts', import.meta.url));

/** A failure as the other side told it. */
export class ConnectionFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'ConnectionFailure';
    this.failure = failure;
  }
}

const LOGOUT_MS = 5_000;

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ConnectionFailure) => void;
  readonly timer: NodeJS.Timeout;
}

/** One process with the open token. It serves until it fails once; then it is replaced by a new one. */
export class Connection {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Failure | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Rejects with `ConnectionFailure`. */
  static async open(opening: Opening, timeoutMs: number): Promise<Connection> {
    const child = fork(program, [], { serialization: 'advanced', execArgv: [], stdio: 'ignore' });
    const connection = new Connection(child);
    const opened = connection.#wait(0, timeoutMs, 'opening the token');
    child.on('message', (message: FromProcess) => connection.#receive(message));
    child.on('error', (error) => connection.#end(`the process of the token fails: ${error.message}`));
    child.on('exit', (code, signal) =>
      connection.#end(`the process of the token ended (${signal ?? `exit ${code}`})`),
    );
    // Requests keep this program alive, not the process that waits for them.
    child.unref();
    child.channel?.unref();
    connection.#send({ kind: 'open', opening });
    await opened;
    return connection;
  }

  get isUsable(): boolean {
    return this.#ended === undefined;
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Rejects with `ConnectionFailure`. */
  async run(operation: Operation, timeoutMs: number): Promise<Result> {
    if (this.#ended) throw new ConnectionFailure(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    const done = this.#wait(id, timeoutMs, operation.kind);
    this.#send({ kind: 'run', id, operation });
    return await done;
  }

  /** Lets the process log out of the token, or kills it if it does not listen. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const patience = setTimeout(() => child.kill('SIGKILL'), LOGOUT_MS);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(patience);
  }

  #wait(id: number, timeoutMs: number, what: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the token did not answer within ${timeoutMs} ms (${what})`;
        this.#take(id)?.reject(new ConnectionFailure({ kind: 'timeout', message }));
        this.#end(message);
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  #send(message: ToProcess): void {
    this.#child.send(message, (error) => {
      if (error) this.#end(`the process of the token cannot be reached: ${error.message}`);
    });
  }

  #receive(message: FromProcess): void {
    switch (message.kind) {
      case 'opened':
        this.#take(0)?.resolve(undefined);
        break;
      case 'not-opened':
        this.#take(0)?.reject(new ConnectionFailure(message.failure));
        break;
      case 'done':
        this.#take(message.id)?.resolve(message.result);
        break;
      case 'failed':
        this.#take(message.id)?.reject(new ConnectionFailure(message.failure));
        if (message.failure.kind === 'unavailable') this.#end(message.failure.message);
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  /** Whatever waits fails; a process that hangs in the vendor's library does not listen to anything milder. */
  #end(message: string): void {
    if (this.#ended) return;
    this.#ended = { kind: 'unavailable', message };
    this.#child.kill('SIGKILL');
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(new ConnectionFailure(this.#ended));
  }
}
