import type { FastifyInstance } from 'fastify';
import { throttled } from './limits.ts';

/** A request that has begun. Its first end counts. */
export interface Turn {
  /** `bytes`: what was received and sent. */
  end(bytes: number): void;
}

interface Account {
  running: number;
  /** Time of the event loop that it took and has not paid back. */
  debtMs: number;
  /** When the debt was as it says. */
  atMs: number;
  readonly waiting: { readonly route: string; readonly begin: (turn: Turn) => void }[];
  timer: NodeJS.Timeout | undefined;
}

/** Two accounts meet if both had requests within this time. */
const meetingMs = 1_000;
/** Part of the event loop's time for an account that meets another one. */
const share = 0.4;
const debtLimitMs = 10;
const mostDebtMs = 100;
const runningLimit = 8;
const waitingLimit = 512;
/** Least cost of a request in ms, and the bytes that cost one: read from the database, written as JSON, encrypted. */
const leastCostMs = 0.3;
const bytesPerMs = 30_000;
const maximumAccounts = 10_000;
const secondsUntilTurn = 1;

/**
 * Keeps one account from taking the event loop from others. An account alone is never held up. While it meets another one it takes at most two
 * fifths of the loop's time, by an estimate from the bytes of its requests; beyond that its requests wait, and others pass by.
 */
export class AccountTurns {
  readonly #accounts = new Map<string, Account>();
  /** Recent cost of a request in ms, by route. */
  readonly #costs = new Map<string, number>();
  readonly #now: () => number;
  #latest = { account: '', atMs: Number.NEGATIVE_INFINITY };
  /** The latest request of another account than that of `#latest`. */
  #before = this.#latest;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves when the request may begin. Rejects with the gateway's 429 when too many of the account wait. */
  async enter(name: string, route: string): Promise<Turn> {
    this.#note(name);
    const account = this.#account(name);
    if (account.waiting.length === 0 && this.#mayBegin(name, account))
      return this.#begin(name, account, route);
    if (account.waiting.length >= waitingLimit)
      throw throttled('Too many requests of this account wait.', secondsUntilTurn);
    return await new Promise((begin) => {
      account.waiting.push({ route, begin });
      this.#wakeLater(name, account);
    });
  }

  #note(name: string): void {
    const atMs = this.#now();
    if (this.#latest.account !== name) this.#before = this.#latest;
    this.#latest = { account: name, atMs };
  }

  #meetsAnother(name: string): boolean {
    const other = this.#latest.account === name ? this.#before : this.#latest;
    return other.atMs > this.#now() - meetingMs;
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name);
    if (known) {
      const nowMs = this.#now();
      known.debtMs = Math.max(0, known.debtMs - (nowMs - known.atMs) * share);
      known.atMs = nowMs;
      return known;
    }
    if (this.#accounts.size >= maximumAccounts) this.#forgetIdle();
    const account = { running: 0, debtMs: 0, atMs: this.#now(), waiting: [], timer: undefined };
    this.#accounts.set(name, account);
    return account;
  }

  #forgetIdle(): void {
    for (const [name, { running, waiting }] of this.#accounts)
      if (running === 0 && waiting.length === 0) this.#accounts.delete(name);
  }

  #mayBegin(name: string, account: Account): boolean {
    if (!this.#meetsAnother(name)) return true;
    return account.running < runningLimit && account.debtMs <= debtLimitMs;
  }

  #begin(name: string, account: Account, route: string): Turn {
    // Charged before it runs, so that several expensive ones do not begin together.
    const expectedMs = this.#costs.get(route) ?? leastCostMs;
    account.running += 1;
    account.debtMs = Math.min(mostDebtMs, account.debtMs + expectedMs);
    let isOpen = true;
    return {
      end: (bytes) => {
        if (!isOpen) return;
        isOpen = false;
        const costMs = leastCostMs + bytes / bytesPerMs;
        this.#costs.set(route, expectedMs + (costMs - expectedMs) / 4);
        const current = this.#account(name);
        current.running -= 1;
        current.debtMs = Math.min(mostDebtMs, Math.max(0, current.debtMs + costMs - expectedMs));
        this.#wake(name, current);
      },
    };
  }

  #wake(name: string, account: Account): void {
    while (account.waiting.length > 0 && this.#mayBegin(name, account)) {
      const next = account.waiting.shift();
      next?.begin(this.#begin(name, account, next.route));
    }
    this.#wakeLater(name, account);
  }

  #wakeLater(name: string, account: Account): void {
    if (account.waiting.length === 0 || account.timer !== undefined) return;
    const untilPaidMs = Math.max(1, (account.debtMs - debtLimitMs) / share);
    account.timer = setTimeout(() => {
      account.timer = undefined;
      this.#wake(name, this.#account(name));
    }, untilPaidMs);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Length of the answer's body. */
    sentBytes?: number;
  }
}

/** Has authenticated requests of all routes take turns by account. */
export function takeTurnsByAccount(app: FastifyInstance, turns = new AccountTurns()): void {
  app.decorateRequest('sentBytes');
  app.addHook('preHandler', async (request, reply) => {
    if (!request.caller) return;
    const turn = await turns.enter(request.caller.account, `${request.method} ${request.routeOptions.url}`);
    // After a client that went away nothing else would end the turn.
    const end = () => turn.end((request.rawBody?.length ?? 0) + (request.sentBytes ?? 0));
    if (reply.raw.closed || reply.raw.destroyed) end();
    else reply.raw.once('close', end);
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string' || Buffer.isBuffer(payload)) request.sentBytes = payload.length;
    done();
  });
}
