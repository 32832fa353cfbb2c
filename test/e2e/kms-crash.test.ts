import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { signIn } from '../support/api-client.ts';
import { isBrokenConnection } from '../support/broken-connection.ts';
import { errorCode, type KmsClient, kmsClient } from '../support/kms-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const rounds = Number(process.env.OPENCCM_TEST_CRASH_ROUNDS ?? 2);
const keysOfAKind = 4;
const env = { OPENCCM_DEV_CLOCK: '1' };
const weekSeconds = 7 * 86_400;

interface Sealed {
  readonly plainText: string;
  readonly cipherText: string;
}

/** What was acknowledged about a key; `asked`: the request whose answer never came. */
interface Rotated {
  readonly keyId: string;
  readonly sealed: Sealed[];
  rotations: number;
  asked: 'rotation' | undefined;
}
interface Imported {
  readonly keyId: string;
  readonly material: Buffer;
  readonly sealed: Sealed[];
  present: boolean;
  everPresent: boolean;
  asked: 'import' | 'deletion' | undefined;
}
interface Moved {
  readonly keyId: string;
  readonly sealed: Sealed[];
  state: string;
  asked: string;
}

async function seal(kms: KmsClient, keyId: string): Promise<Sealed> {
  const plainText = randomBytes(12).toString('hex');
  const { cipher_text: cipherText = '' } = await kms.call('encrypt-data', {
    key_id: keyId,
    plain_text: plainText,
  });
  return { plainText, cipherText };
}

async function assertOpens(kms: KmsClient, { plainText, cipherText }: Sealed): Promise<void> {
  assert.equal((await kms.call('decrypt-data', { cipher_text: cipherText })).plain_text, plainText);
}

/** The version that a ciphertext names: four bytes before the digest at its end. */
const versionOf = ({ cipherText }: Sealed) => {
  const bytes = Buffer.from(cipherText, 'base64');
  return bytes.readUInt32LE(bytes.length - 36);
};

const rotationsOf = async (kms: KmsClient, keyId: string) => {
  const status = await kms.call<{ number_of_rotations?: number }>('get-key-rotation-status', {
    key_id: keyId,
  });
  return status.number_of_rotations ?? 0;
};

const stateOf = async (kms: KmsClient, keyId: string) =>
  (await kms.call<{ key_info: { key_state: string } }>('describe-key', { key_id: keyId })).key_info.key_state;

/** Repeats the work until the server is gone. */
async function untilKilled(work: () => Promise<void>): Promise<void> {
  for (;;)
    try {
      await work();
    } catch (error) {
      if (isBrokenConnection(error)) return;
      throw error;
    }
}

async function rotateOnce(kms: KmsClient, key: Rotated): Promise<void> {
  key.sealed.push(await seal(kms, key.keyId));
  key.asked = 'rotation';
  await kms.call('rotate-on-demand', { key_id: key.keyId });
  key.rotations += 1;
  key.asked = undefined;
  const sealed = await seal(kms, key.keyId);
  assert.equal(versionOf(sealed), key.rotations, 'what is acknowledged is in use');
  key.sealed.push(sealed);
}

async function importAndDelete(kms: KmsClient, key: Imported): Promise<void> {
  const body = await kms.importBody(key.keyId, key.material);
  key.asked = 'import';
  await kms.call('import-key-material', body);
  key.present = true;
  key.everPresent = true;
  key.asked = undefined;
  key.sealed.push(await seal(kms, key.keyId));
  key.asked = 'deletion';
  await kms.call('delete-imported-key-material', { key_id: key.keyId });
  key.present = false;
  key.asked = undefined;
}

async function verifyRotated(kms: KmsClient, key: Rotated): Promise<void> {
  const rotations = await rotationsOf(kms, key.keyId);
  const possible = key.asked ? [key.rotations, key.rotations + 1] : [key.rotations];
  assert.ok(possible.includes(rotations), `${rotations} rotations, ${key.rotations} acknowledged`);
  const sealed = await seal(kms, key.keyId);
  assert.equal(versionOf(sealed), rotations, 'a version that is counted has its material');
  for (const each of [...key.sealed, sealed]) await assertOpens(kms, each);
}

async function verifyImported(kms: KmsClient, key: Imported): Promise<void> {
  const state = await stateOf(kms, key.keyId);
  if (key.asked === undefined) assert.equal(state, key.present ? '2' : '5');
  assert.ok(['2', '5'].includes(state), state);
  if (state === '5') {
    const other = await kms.importBody(key.keyId, randomBytes(32));
    if (key.everPresent) assert.equal(errorCode(await kms.send('import-key-material', other)), 'KMS.2606');
    await kms.call('import-key-material', await kms.importBody(key.keyId, key.material));
  }
  for (const each of [...key.sealed, await seal(kms, key.keyId)]) await assertOpens(kms, each);
}

const cycle = ['2', '4', '3'];

/** One step of: scheduled for deletion, cancelled, enabled again. */
async function moveOn(kms: KmsClient, key: Moved): Promise<void> {
  const named = { key_id: key.keyId };
  const after = cycle[(cycle.indexOf(key.state) + 1) % cycle.length] ?? '';
  key.asked = after;
  if (after === '4') {
    key.sealed.push(await seal(kms, key.keyId));
    await kms.call('schedule-key-deletion', { ...named, pending_days: '7' });
  } else await kms.call(after === '3' ? 'cancel-key-deletion' : 'enable-key', named);
  key.state = after;
}

async function verifyMoved(kms: KmsClient, key: Moved): Promise<void> {
  const state = await stateOf(kms, key.keyId);
  assert.ok([key.state, key.asked].includes(state), `state ${state}, ${key.state} acknowledged`);
  if (state === '4') await kms.call('cancel-key-deletion', { key_id: key.keyId });
  if (state !== '2') await kms.call('enable-key', { key_id: key.keyId });
  for (const each of [...key.sealed, await seal(kms, key.keyId)]) await assertOpens(kms, each);
}

const newKeys = <Key>(make: (index: number) => Promise<Key>) =>
  Promise.all(Array.from({ length: keysOfAKind }, (_, index) => make(index)));

test(`rotations, imports and changes of state that kill -9 interrupts are done or not, never half, ${rounds} times`, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-kms-crash-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  let server = await startServer({ dataDir });
  t.after(() => server.kill());
  for (let round = 1; round <= rounds; round += 1)
    await t.test(`round ${round}`, async () => {
      let api = await signIn(server);
      let kms = kmsClient(api, server.bootstrap.project_id);
      const rotated = await newKeys<Rotated>(async (index) => {
        const keyId = await kms.createKey({ key_alias: `rotated-${round}-${index}` });
        return { keyId, sealed: [], rotations: 0, asked: undefined };
      });
      const imported = await newKeys<Imported>(async (index) => {
        const keyId = await kms.createKey({ key_alias: `imported-${round}-${index}`, origin: 'external' });
        const material = randomBytes(32);
        return { keyId, material, sealed: [], present: false, everPresent: false, asked: undefined };
      });
      const moved = await newKeys<Moved>(async (index) => {
        const keyId = await kms.createKey({ key_alias: `moved-${round}-${index}` });
        return { keyId, sealed: [], state: '2', asked: '2' };
      });
      const work = [
        ...rotated.map((key) => untilKilled(() => rotateOnce(kms, key))),
        ...imported.map((key) => untilKilled(() => importAndDelete(kms, key))),
        ...moved.map((key) => untilKilled(() => moveOn(kms, key))),
      ];
      await delay(randomInt(300, 1500));
      await server.kill();
      await Promise.all(work);
      api.close();
      server = await startServer({ dataDir });
      api = await signIn(server);
      kms = kmsClient(api, server.bootstrap.project_id);
      assert.ok(rotated.some(({ rotations }) => rotations > 0));
      for (const key of rotated) await verifyRotated(kms, key);
      for (const key of imported) await verifyImported(kms, key);
      for (const key of moved) await verifyMoved(kms, key);
      api.close();
    });
});

/** Moves the clock and answers once what is then due was worked off. */
async function letPass(server: RunningServer, seconds: number): Promise<void> {
  const body = JSON.stringify({ advance_seconds: seconds });
  const answer = await fetch(`${server.httpUrl}/dev/clock`, { method: 'POST', body });
  await answer.arrayBuffer();
}

/** Keys that are to be deleted in a week. */
async function newDoomedKeys(kms: KmsClient, round: number): Promise<string[]> {
  const doomed: string[] = [];
  for (let index = 0; index < 40; index += 1) {
    const keyId = await kms.createKey({ key_alias: `doomed-${round}-${index}` });
    await kms.call('aliases', { key_id: keyId, alias: `alias/also-${round}-${index}` });
    await kms.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    doomed.push(keyId);
  }
  return doomed;
}

/** How many rows each table has of these keys; the server must not run. */
function rowsOf(dataDir: string, keyIds: readonly string[]): Record<string, number> {
  const database = new DatabaseSync(join(dataDir, 'openccm.db'));
  const list = keyIds.map((id) => `'${id}'`).join(', ');
  const tables = ['kms_keys', 'kms_key_versions', 'kms_aliases'];
  const counts = tables.map((table) => {
    const row = database.prepare(`select count(*) as n from ${table} where key_id in (${list})`).get();
    return [table, Number(row?.n)] as const;
  });
  const quota = database.prepare('select sum(used) as n from kms_quotas').get();
  database.close();
  return { ...Object.fromEntries(counts), quota: Number(quota?.n) };
}

const rowsFor = (count: number) => ({
  kms_keys: count,
  kms_key_versions: count,
  kms_aliases: count,
  quota: count,
});

test(`deletions that kill -9 interrupts take a key with all it has or leave it whole, ${rounds} times`, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-kms-crash-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  let server = await startServer({ dataDir, env });
  t.after(() => server.kill());
  for (let round = 1; round <= rounds; round += 1)
    await t.test(`round ${round}`, async () => {
      let api = await signIn(server);
      const { project_id: projectId } = server.bootstrap;
      const doomed = await newDoomedKeys(kmsClient(api, projectId), round);
      const week = letPass(server, weekSeconds + 1).catch(() => undefined);
      await delay(randomInt(5, 60));
      await server.kill();
      await week;
      api.close();
      const left = rowsOf(dataDir, doomed);
      assert.deepEqual(left, rowsFor(left.kms_keys ?? -1));
      server = await startServer({ dataDir, env });
      // What the killed server had begun is taken over when its lease has ended.
      if ((left.kms_keys ?? 0) > 0) await letPass(server, weekSeconds + 1);
      api = await signIn(server);
      const kms = kmsClient(api, projectId);
      for (const keyId of doomed)
        assert.equal(errorCode(await kms.send('describe-key', { key_id: keyId })), 'KMS.0207');
      api.close();
      await server.stop();
      assert.deepEqual(rowsOf(dataDir, doomed), rowsFor(0));
      server = await startServer({ dataDir, env });
    });
});

test('64 clients of one key that is rotated all the while never see a wrong version', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const api = await signIn(server);
  t.after(() => api.close());
  const kms = kmsClient(api, server.bootstrap.project_id);
  const keyId = await kms.createKey({ key_alias: 'busy' });
  const kept: Sealed[] = [];
  let [asked, acknowledged, rotating] = [0, 0, true];
  const client = async () => {
    while (rotating) {
      const atLeast = acknowledged;
      const sealed = await seal(kms, keyId);
      const version = versionOf(sealed);
      assert.ok(version >= atLeast && version <= asked, `version ${version} of ${atLeast} to ${asked}`);
      await assertOpens(kms, sealed);
      kept.push(sealed);
    }
  };
  const rotate = async () => {
    for (; asked < 40; acknowledged += 1) {
      asked += 1;
      await kms.call('rotate-on-demand', { key_id: keyId });
    }
    rotating = false;
  };
  await Promise.all([...Array.from({ length: 64 }, client), rotate()]);
  assert.equal(await rotationsOf(kms, keyId), 40);
  assert.ok(new Set(kept.map(versionOf)).size > 20, 'clients met most versions');
  for (const sealed of kept.slice(0, 200)) await assertOpens(kms, sealed);
});
