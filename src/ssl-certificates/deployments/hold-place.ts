import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../platform/db/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { SerialQueue } from '../targets/serial-queue.ts';
import { TargetFailure } from '../targets/target.ts';
import { endLease, renewLease, takeLease } from './place-lease-store.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'clock' | 'random' | 'log'>;

/** A node that died is noticed after this. */
const leaseMs = 60_000;
const renewalMs = leaseMs / 3;
const lookAgainMs = 250;
/** Nobody who waits for an answer waits longer for another node. */
const longestWaitMs = 20_000;

const queues = new WeakMap<Database, SerialQueue>();

/**
 * Runs the work while nobody else, of this node or another, works on the same place: two deployments to one resource must not mix.
 * Here they wait for one another in order; of other nodes tells a row with a lease. Throws TargetFailure if another node is at it for too
 * long.
 */
export function holdPlace<Result>(ports: Ports, place: string, work: () => Promise<Result>): Promise<Result> {
  const queue = queues.get(ports.database) ?? new SerialQueue();
  queues.set(ports.database, queue);
  return queue.run(place, () => underLease(ports, place, work));
}

async function underLease<Result>(ports: Ports, place: string, work: () => Promise<Result>): Promise<Result> {
  const { database, clock, random, log } = ports;
  const holder = random.hexId();
  const expiresMs = () => clock.nowMs() + leaseMs;
  const take = () =>
    database.transaction((transaction) =>
      takeLease(transaction, place, holder, { nowMs: clock.nowMs(), expiresMs: expiresMs() }),
    );
  for (let waitedMs = 0; !(await take()); waitedMs += lookAgainMs) {
    if (waitedMs >= longestWaitMs)
      throw new TargetFailure('unavailable', 'Another deployment to the same place is under way; try later.');
    await delay(lookAgainMs);
  }
  const renewal = setInterval(() => {
    database
      .transaction((transaction) => renewLease(transaction, place, holder, expiresMs()))
      .catch((error: unknown) => log.warn({ error, place }, 'a deployment could not keep its place'));
  }, renewalMs);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // What was done counts, even if the lease has to run out by itself.
    await database
      .transaction((transaction) => endLease(transaction, place, holder))
      .catch((error: unknown) => log.warn({ error, place }, 'a deployment could not give its place back'));
  }
}
