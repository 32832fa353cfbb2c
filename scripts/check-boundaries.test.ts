import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findBreaches } from './check-boundaries.ts';

const architecture = {
  programs: ['main.ts'],
  root: ['app.ts'],
  open: ['platform'],
  uses: { pki: [], platform: [], iam: ['platform', 'pki'], kms: ['platform', 'pki', 'iam'] },
  doors: { iam: ['actor.ts'] },
  packages: { pki: ['node:crypto', 'sm-crypto-v2'] },
  ambient: { 'Date.now': ['platform/clock.ts'], 'new Date()': ['platform/clock.ts'] },
};

const sound = {
  'src/main.ts': "import { buildApp } from './app.ts';\nbuildApp(process.env.HOME, Date.now());\n",
  'src/app.ts': "import { createKms } from './kms/index.ts';\nexport const buildApp = createKms;\n",
  'src/pki/index.ts':
    "import { createHash } from 'node:crypto';\nexport const hash = createHash;\nexport const text = Array.from('x');\n",
  'src/platform/clock.ts': 'export const now = () => Date.now();\nexport const date = () => new Date();\n',
  'src/iam/index.ts': "export type { Actor } from './actor.ts';\n",
  'src/iam/actor.ts': 'export type Actor = string;\n',
  'src/iam/store.ts': "export const users = (db: Db) => db.selectFrom('users as u');\n",
  'src/iam/migrations.ts': "export const up = (db: Db) => db.createTable('users');\n",
  'src/kms/index.ts':
    "import type { Actor } from '../iam/actor.ts';\nimport { now } from '../platform/clock.ts';\n// Date.now is named here only\nexport const createKms = (a: Actor) => [a, now, new Date(5), 'Math.random'];\n",
};

/** The breaches of a sound project to which `files` were added. */
function breachesWith(t: TestContext, files: Record<string, string>, rules: object = architecture): string[] {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  t.after(() => rmSync(root, { recursive: true }));
  const planted = { ...sound, ...files, 'architecture.json': JSON.stringify(rules) };
  for (const [file, content] of Object.entries(planted)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return findBreaches(root);
}

test('a sound project has no breach', (t) => {
  assert.deepEqual(breachesWith(t, {}), []);
});

test('a folder that may not be used is named', (t) => {
  const found = breachesWith(t, { 'src/iam/user.ts': "import { createKms } from '../kms/index.ts';\n" });
  assert.deepEqual(found, ['src/iam/user.ts may not use kms (kms/index.ts)']);
});

test('platform knows no capability, not even its types, and not by a dynamic import', (t) => {
  const found = breachesWith(t, {
    'src/platform/a.ts': "import type { Actor } from '../iam/index.ts';\n",
    'src/platform/b.ts': "export const later = () => import('../iam/index.ts');\n",
  });
  assert.deepEqual(found, [
    'src/platform/a.ts may not use iam (iam/index.ts)',
    'src/platform/b.ts may not use iam (iam/index.ts)',
  ]);
});

test('a capability is entered by its index.ts', (t) => {
  const found = breachesWith(t, { 'src/kms/key.ts': "import { users } from '../iam/store.ts';\n" });
  assert.deepEqual(found, ['src/kms/key.ts enters iam by iam/store.ts, not its index.ts']);
});

test('so does app.ts enter it', (t) => {
  const found = breachesWith(t, { 'src/app.ts': "import { users } from './iam/store.ts';\n" });
  assert.deepEqual(found, ['src/app.ts enters iam by iam/store.ts, not its index.ts']);
});

test('a side door is a door only while index.ts exports it', (t) => {
  const found = breachesWith(t, { 'src/iam/index.ts': 'export const nothing = 0;\n' });
  assert.deepEqual(found, ['src/kms/index.ts enters iam by iam/actor.ts, not its index.ts']);
});

test('pki imports the packages of its row only; its tests may import more', (t) => {
  const found = breachesWith(t, {
    'src/pki/file.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    'src/pki/file.test.ts': "import { test } from 'node:test';\n",
  });
  assert.deepEqual(found, ['src/pki/file.ts imports node:fs']);
});

test('nothing in a folder imports what is above it or outside src', (t) => {
  const found = breachesWith(t, {
    'src/iam/a.ts': "import { buildApp } from '../app.ts';\n",
    'src/iam/b.ts': "import { support } from '../../test/support.ts';\n",
    'src/iam/b.test.ts': "import { support } from '../../test/support.ts';\n",
  });
  assert.deepEqual(found, [
    'src/iam/a.ts imports app.ts, which is above it',
    'src/iam/b.ts imports ../../test/support.ts, outside src',
  ]);
});

test('only tests import what tests share', (t) => {
  const found = breachesWith(t, {
    'src/iam/iam.fixture.ts': "import { support } from '../../test/support.ts';\n",
    'src/iam/a.ts': "import { user } from './iam.fixture.ts';\n",
    'src/iam/a.test.ts': "import { user } from './iam.fixture.ts';\n",
    'src/kms/a.test.ts': "import { user } from '../iam/iam.fixture.ts';\n",
  });
  assert.deepEqual(found, ['src/iam/a.ts imports iam/iam.fixture.ts, which only tests may']);
});

test('a folder needs a row, a file of src a folder', (t) => {
  const found = breachesWith(t, { 'src/billing/index.ts': '\n', 'src/stray.ts': '\n' });
  assert.deepEqual(found, [
    'src/billing/index.ts is in a folder without a row in architecture.json: billing',
    'src/stray.ts belongs to no folder of architecture.json',
  ]);
});

for (const [name, code] of [
  ['Date.now', 'export const a = Date.now;\n'],
  ['new Date()', 'export const a = new Date();\n'],
  ['new Date()', 'export const a = new Date;\n'],
  ['Math.random', 'export const a = Math.random();\n'],
  ['process.env', "export const a = process.env['HOME'];\n"],
] as const) {
  test(`${name} comes from a port: ${code.trim()}`, (t) => {
    const found = breachesWith(t, { 'src/iam/a.ts': code });
    assert.deepEqual(found, [`src/iam/a.ts uses ${name}; take it from a port`]);
  });
}

test('only stores name tables, and only their own', (t) => {
  const found = breachesWith(t, {
    'src/iam/user.ts': "export const a = (db: Db) => db\n  .deleteFrom('users');\n",
    'src/kms/key-store.ts':
      "export const a = (db: Db) => db.selectFrom('keys').leftJoin('users', 'id', 'id');\n",
  });
  assert.deepEqual(found, [
    'src/iam/user.ts names the table users; only a store does',
    'src/kms/key-store.ts names users, a table of iam',
  ]);
});

test('a file has at most 400 lines, in tests too', (t) => {
  const found = breachesWith(t, { 'src/iam/a.ts': '\n'.repeat(400), 'test/long.test.ts': '\n'.repeat(401) });
  assert.deepEqual(found, ['test/long.test.ts has 401 lines, at most 400 are allowed']);
});

test('the table of uses has no circle', (t) => {
  const rules = { ...architecture, uses: { ...architecture.uses, iam: ['platform', 'pki', 'kms'] } };
  assert.deepEqual(breachesWith(t, {}, rules), [
    'architecture.json lets iam use itself in a circle',
    'architecture.json lets kms use itself in a circle',
  ]);
});

test('a project without sources fails: a check of nothing is no check', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'architecture.json'), JSON.stringify(architecture));
  assert.deepEqual(findBreaches(root), ['no file was found under src: nothing was checked']);
});
