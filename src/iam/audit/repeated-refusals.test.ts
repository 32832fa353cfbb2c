import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixedClock } from '../../platform/clock.ts';
import type { AccessControl } from '../access-control.ts';
import { systemActor } from '../system-actor.ts';
import { RepeatedRefusals } from './repeated-refusals.ts';

const refusal = { action: 'iam:credentials:verifySignature', resourceId: 'KEY', detail: 'Wrong.' };

function recorder() {
  const clock = new FixedClock(1_700_000_000_000);
  const records: string[] = [];
  const accessControl = {
    recordRefusal: async (_actor: unknown, _action: string, _id: string, detail: string) => {
      records.push(detail);
    },
  } as unknown as AccessControl;
  const refusals = new RepeatedRefusals({ clock, accessControl });
  const from = (sourceIp: string) =>
    refusals.record({ ...systemActor('account', 'test'), sourceIp }, refusal);
  return { clock, records, refusals, from };
}

test('a flood of one source is one record and a count', async () => {
  const { clock, records, refusals, from } = recorder();
  for (let count = 0; count < 1_000; count += 1) await from('192.0.2.1');
  assert.deepEqual(records, ['Wrong.']);
  clock.advance(60_000);
  await refusals.flush();
  assert.deepEqual(records, ['Wrong.', 'Wrong. 999 more times within a minute.']);
  await from('192.0.2.1');
  assert.equal(records.length, 3);
});

test('a flood of many sources is eleven records a minute and counts', async () => {
  const { clock, records, refusals, from } = recorder();
  for (let count = 0; count < 200; count += 1) await from(`192.0.2.${count}`);
  assert.equal(records.length, 11);
  clock.advance(60_000);
  await refusals.flush();
  assert.deepEqual(records.slice(11), ['Wrong. 189 more times within a minute.']);
});
