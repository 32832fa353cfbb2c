import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { freshAddress } from '../../test/support/databases.ts';
import {
  createTestIdentity,
  type TestIdentity,
  type TestRequest,
  type TestUser,
} from '../../test/support/identity.ts';
import { type Iam, migrations as iamMigrations } from '../iam/index.ts';
import { createJobs, type Jobs, jobsMigrations } from '../jobs/index.ts';
import { createKeyStore, type KeyStore, migrations as kmsMigrations, openMasterKey } from '../kms/index.ts';
import type { Bucket, ObjectContent, ObjectStorage } from '../object-storage/index.ts';
import { type CertificateRevocationList, parseCertificate, parseCrl, parseSinglePem } from '../pki/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, type Migrations, openDatabase, settingsMigrations } from '../platform/db/index.ts';
import { type ApiPlugin, createHttpApp, registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { apiErrors, createPrivateCa, migrations as privateCaMigrations } from '../private-ca/index.ts';
import { createRevocation, createRevocationPort, migrations, type Revocation } from './index.ts';

export const revocationMigrations: Migrations = {
  ...settingsMigrations,
  ...kmsMigrations,
  ...jobsMigrations,
  ...iamMigrations,
  ...privateCaMigrations,
  ...migrations,
};

export const path = '/v1/private-certificate-authorities';
export const publicHttpUrl = 'http://status.example:8080';
export const dayMs = 86_400_000;

/** Buckets in memory, which can be told to fail. */
export class MemoryStorage implements ObjectStorage {
  readonly buckets = new Map<string, { accountId: string; createTimeMs: number }>();
  readonly objects = new Map<string, { octets: Buffer; contentType: string }>();
  /** What every put does first. */
  beforePut: (key: string) => Promise<void> | void = () => {};

  async bucketExists(accountId: string, bucket: string): Promise<boolean> {
    return this.buckets.get(bucket)?.accountId === accountId;
  }

  async listBuckets(accountId: string): Promise<readonly Bucket[]> {
    return [...this.buckets]
      .filter(([, bucket]) => bucket.accountId === accountId)
      .map(([name, { createTimeMs }]) => ({ name, createTimeMs }));
  }

  async putObject(
    accountId: string,
    bucket: string,
    key: string,
    content: ObjectContent,
    contentType: string,
  ): Promise<void> {
    if (!(await this.bucketExists(accountId, bucket))) throw new Error(`there is no bucket ${bucket}`);
    await this.beforePut(key);
    const pieces: Uint8Array[] = [];
    if (content instanceof Uint8Array) pieces.push(content);
    else for await (const piece of content.pieces()) pieces.push(piece);
    const octets = Buffer.concat(pieces);
    if (!(content instanceof Uint8Array)) assert.equal(octets.length, content.byteLength);
    this.objects.set(`${bucket}/${key}`, { octets, contentType });
  }

  publicUrl(bucket: string, key: string): string {
    return `http://obs.example/${bucket}/${key}`;
  }
}

interface NodePorts {
  readonly database: Database;
  readonly clock: FixedClock;
  readonly storage: MemoryStorage;
  readonly iam: Pick<Iam, 'identity' | 'serviceAgencies'>;
  readonly onWake: () => void;
}

/** Of one node everything but the database and the buckets is its own. */
export interface Node {
  readonly jobs: Jobs;
  readonly keyStore: KeyStore;
  /** The plain listener. */
  readonly plain: FastifyInstance;
  readonly ensureOcsp: Revocation['ensureOcsp'];
}

async function openNode({ database, clock, storage, iam, onWake }: NodePorts) {
  const common = { database, clock, random: systemRandom, log: silentLog };
  const source = {
    kind: 'environment',
    name: 'KEY',
    base64: Buffer.alloc(32, 7).toString('base64'),
  } as const;
  const keyStore = createKeyStore({ ...common, masterKey: await openMasterKey({ ...common, source }) });
  const jobs = createJobs(common);
  const { identity, serviceAgencies: agencies } = iam;
  // Tests run what is due when they say so.
  const ownJobs = { schedule: jobs.schedule, cancel: jobs.cancel, wake: onWake };
  const base = { ...common, identity, agencies, keyStore, objectStorage: storage, publicHttpUrl };
  const revocationPort = createRevocationPort({ ...base, jobs: ownJobs });
  const privateCa = createPrivateCa({
    ...base,
    jobs,
    revocation: revocationPort,
    accountExists: async () => true,
  });
  const revocation = createRevocation({ ...base, jobs: ownJobs, records: privateCa.records });
  for (const { jobHandlers } of [privateCa, revocation]) {
    for (const [kind, handler] of Object.entries(jobHandlers)) jobs.handle(kind, handler);
  }
  const plain = createHttpApp({ random: systemRandom, log: silentLog });
  await revocation.publicRoutes(plain);
  const routes: ApiPlugin = async (api) => {
    await privateCa.routes(api);
    await revocation.routes(api);
  };
  return { jobs, keyStore, plain, routes, ensureOcsp: revocation.ensureOcsp };
}

export interface Installation extends Node {
  readonly database: Database;
  readonly identity: TestIdentity;
  readonly clock: FixedClock;
  readonly storage: MemoryStorage;
  /** How often committed changes asked for work at once. */
  wakes(): number;
  /** Another node, on a connection of its own to the same database if one is given. */
  addNode(connection?: Database): Promise<Node>;
  call<Body>(user: TestUser, status: number, ...request: TestRequest): Promise<Body>;
  /** The answer has this status and code, and its text says this much. */
  refused(user: TestUser, code: string, text: RegExp, request: TestRequest): Promise<void>;
}

/** Revocation with the real identity, private CA, key store and jobs, on a database with `revocationMigrations`. */
export async function install(database: Database): Promise<Installation> {
  const clock = new FixedClock(Date.UTC(2026, 5, 1, 12));
  const storage = new MemoryStorage();
  let wakes = 0;
  const onWake = () => {
    wakes += 1;
  };
  let nodes: { first: Node; add: Installation['addNode'] } | undefined;
  const identity = await createTestIdentity(database, async (app, iam) => {
    const { routes, ...first } = await openNode({ database, clock, storage, iam, onWake });
    const add = (connection = database) => openNode({ database: connection, clock, storage, iam, onWake });
    nodes = { first, add };
    const authenticate = iam.authenticate(apiErrors.tokenFault);
    await registerApi(app, { ...apiErrors, authenticate, log: silentLog }, routes);
  });
  assert.ok(nodes);
  return {
    ...nodes.first,
    addNode: nodes.add,
    database,
    identity,
    clock,
    storage,
    wakes: () => wakes,
    call: (user, status, ...request) => identity.call(user, status, request),
    async refused(user, code, text, [method, url, payload]) {
      const options = { method, url, payload, headers: { 'x-auth-token': user.token } } as InjectOptions;
      const response = await identity.app.inject(options);
      const body: { error_code: string; error_msg: string } = response.json();
      assert.equal(`${response.statusCode} ${body.error_code}`, code, response.body);
      assert.match(body.error_msg, text);
    },
  };
}

/** One installation for a whole file of tests; what depends on the engine is tested on both elsewhere. */
export async function installOnSqlite(): Promise<Installation> {
  const address = await freshAddress.sqlite();
  const database = await openDatabase({ ...address, migrations: revocationMigrations, log: silentLog });
  after(() => database.close());
  return install(database);
}

export const rootBody = {
  type: 'ROOT',
  key_algorithm: 'EC256',
  signature_algorithm: 'SHA256',
  distinguished_name: {
    common_name: 'Test CA',
    country: 'CN',
    state: 'Sichuan',
    locality: 'Chengdu',
    organization: 'Example',
    organizational_unit: 'PKI',
  },
  validity: { type: 'YEAR', value: 10 },
};

export async function createCa({ call }: Installation, user: TestUser, body: object = {}): Promise<string> {
  return (await call<{ ca_id: string }>(user, 200, 'POST', path, { ...rootBody, ...body })).ca_id;
}

/** Lets PCA into the account's buckets and makes one. */
export async function allowBucket(
  { call, clock, storage }: Installation,
  user: TestUser,
  bucket: string,
): Promise<void> {
  await call(user, 200, 'POST', `${path}/obs/agencies`);
  storage.buckets.set(bucket, { accountId: user.account.accountId, createTimeMs: clock.nowMs() });
}

/** A CA whose CRL is on, published once. */
export async function createPublishing(
  installation: Installation,
  user: TestUser,
  bucket: string,
  crl: object = {},
): Promise<string> {
  await allowBucket(installation, user, bucket);
  const caId = await createCa(installation, user);
  const body = { obs_bucket_name: bucket, valid_days: 7, ...crl };
  await installation.call(user, 204, 'POST', `${path}/${caId}/crl/enable`, body);
  await installation.jobs.runDue();
  return caId;
}

export async function issue(
  { call }: Installation,
  user: TestUser,
  issuerId: string,
  fields: object = {},
): Promise<string> {
  const body = {
    issuer_id: issuerId,
    key_algorithm: 'EC256',
    signature_algorithm: 'SHA256',
    distinguished_name: { common_name: 'leaf' },
    validity: { type: 'DAY', value: 30 },
    ...fields,
  };
  const answer = await call<{ certificate_id: string }>(user, 200, 'POST', '/v1/private-certificates', body);
  return answer.certificate_id;
}

export async function exportedCertificate({ call }: Installation, user: TestUser, certificateId: string) {
  const url = `/v1/private-certificates/${certificateId}/export`;
  const body = { type: 'OTHER', is_compressed: 'false' };
  const { certificate } = await call<{ certificate: string }>(user, 200, 'POST', url, body);
  return parseCertificate(parseSinglePem(certificate, 'CERTIFICATE'));
}

export async function caCertificate({ call }: Installation, user: TestUser, caId: string) {
  const { certificate } = await call<{ certificate: string }>(user, 200, 'POST', `${path}/${caId}/export`);
  return parseCertificate(parseSinglePem(certificate, 'CERTIFICATE'));
}

export function revoke(
  { call }: Installation,
  user: TestUser,
  certificateId: string,
  reason = 'KEY_COMPROMISE',
): Promise<void> {
  return call(user, 204, 'POST', `/v1/private-certificates/${certificateId}/revoke`, { reason });
}

/** The CRL at a place in the buckets, such as `bucket/name.crl`. */
export function publishedCrl({ storage }: Installation, place: string): CertificateRevocationList {
  const object = storage.objects.get(place);
  assert.ok(object, `nothing is published at ${place}: ${[...storage.objects.keys()]}`);
  assert.equal(object.contentType, 'application/pkix-crl');
  return parseCrl(object.octets);
}

/** Serial numbers and reasons on a CRL. */
export function entriesOf(crl: CertificateRevocationList): [bigint, string][] {
  return crl.revoked.map(({ serialNumber, reason }) => [serialNumber, reason]);
}

/** Two nodes on one PostgreSQL, each with connections of its own. */
export async function installTwoNodes(): Promise<{ installation: Installation; other: Node }> {
  const address = await freshAddress.postgres(revocationMigrations);
  const connect = async () => {
    const database = await openDatabase({ ...address, migrations: revocationMigrations, log: silentLog });
    after(() => database.close());
    return database;
  };
  const installation = await install(await connect());
  return { installation, other: await installation.addNode(await connect()) };
}
