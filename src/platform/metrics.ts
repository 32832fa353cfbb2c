import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CommitObserver } from './db/index.ts';
import type { LimitReason, RequestObserver } from './http/index.ts';

export interface Backlog {
  readonly count: number;
  readonly lagSeconds: number;
  /** Jobs of this node that make no progress. */
  readonly slow: number;
}

export interface Metrics {
  readonly observeRequest: RequestObserver;
  readonly observeCommit: CommitObserver;
  /** Counts a request that ended before its operation. */
  readonly countRefusal: (reason: LimitReason) => void;
  /** Asks for the backlog of jobs whenever the metrics are read. */
  watchBacklog(read: () => Promise<Backlog>): void;
  /** In Prometheus' text format, made at most once a second. */
  text(): Promise<string>;
  readonly contentType: string;
}

const latencySeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const commitSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Metrics in a registry of their own. `issuing`: the operations whose success is a certificate issued. */
export function createMetrics(issuing: ReadonlySet<string>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'openccm_requests_total',
    help: 'Requests answered, by operation and HTTP status.',
    labelNames: ['operation', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'openccm_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, by operation.',
    labelNames: ['operation'],
    buckets: latencySeconds,
    registers,
  });
  const issued = new Counter({
    name: 'openccm_certificates_issued_total',
    help: 'Certificates issued, by operation.',
    labelNames: ['operation'],
    registers,
  });
  const batch = new Histogram({
    name: 'openccm_database_commit_transactions',
    help: 'Transactions that shared a commit.',
    buckets: batchSizes,
    registers,
  });
  const commit = new Histogram({
    name: 'openccm_database_commit_duration_seconds',
    help: 'Time from the begin of a shared transaction until it was durable.',
    buckets: commitSeconds,
    registers,
  });
  const refused = new Counter({
    name: 'openccm_requests_refused_total',
    help: 'Requests and connections that ended before their operation: over a limit, or their client went away.',
    labelNames: ['reason'],
    registers,
  });
  return {
    observeRequest(operation) {
      // Looking labels up costs more than counting, so it is done once per route and status.
      const duration = latency.labels(operation);
      const counters = new Map<number, Counter.Internal>();
      return (status, durationMs) => {
        duration.observe(durationMs / 1_000);
        let counter = counters.get(status);
        if (!counter) {
          counter = requests.labels(operation, String(status));
          counters.set(status, counter);
        }
        counter.inc();
        if (status < 300 && issuing.has(operation)) issued.inc({ operation });
      };
    },
    observeCommit(transactions, durationMs) {
      batch.observe(transactions);
      commit.observe(durationMs / 1_000);
    },
    watchBacklog: (read) => watchBacklog(registry, read),
    countRefusal: (reason) => refused.inc({ reason }),
    text: onceASecond(() => registry.metrics()),
    contentType: registry.contentType,
  };
}

const rememberedMs = 1_000;

/** Making the text takes milliseconds, however many ask for it. */
function onceASecond(make: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => {
    if (made) return made;
    made = make();
    const forget = () => {
      made = undefined;
    };
    made.then(() => setTimeout(forget, rememberedMs).unref(), forget);
    return made;
  };
}

function watchBacklog(registry: Registry, read: () => Promise<Backlog>): void {
  const registers = [registry];
  // Collected in the order of registration; the second gauge waits for what the first has asked.
  let backlog: Promise<Backlog> = Promise.resolve({ count: 0, lagSeconds: 0, slow: 0 });
  new Gauge({
    name: 'openccm_jobs_lag_seconds',
    help: 'How long the oldest job that is due has been waiting.',
    registers,
    async collect() {
      backlog = read();
      this.set((await backlog).lagSeconds);
    },
  });
  new Gauge({
    name: 'openccm_jobs_due',
    help: 'Jobs whose time has come and that nobody runs yet.',
    registers,
    async collect() {
      this.set((await backlog).count);
    },
  });
  new Gauge({
    name: 'openccm_jobs_slow',
    help: 'Jobs of this node that have made no progress for a minute.',
    registers,
    async collect() {
      this.set((await backlog).slow);
    },
  });
}
