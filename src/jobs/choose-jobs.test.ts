import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseJobs, type JobIdentity } from './choose-jobs.ts';

const limits = { atOnce: 4, atOncePerAccount: 3 };
const job = (name: string): JobIdentity => {
  const [account_id = '', kind = '', key = ''] = name.split(' ');
  return { account_id, kind, key };
};
const chosen = (ready: string[], running: string[] = [], turns: [string, number][] = []) =>
  chooseJobs(ready.map(job), running.map(job), new Map(turns), limits).map(
    ({ account_id, kind, key }) => `${account_id} ${kind} ${key}`,
  );

test('accounts take turns, each with its longest waiting job', () => {
  assert.deepEqual(chosen(['a k 1', 'a k 2', 'a k 3', 'b k 4', 'c k 5']), [
    'a k 1',
    'b k 4',
    'c k 5',
    'a k 2',
  ]);
});

test('the account with the fewest running jobs is next', () => {
  assert.deepEqual(chosen(['a k 1', 'b k 2'], ['a k 3', 'a k 4', 'c k 5']), ['b k 2']);
});

test('of equal accounts the one whose turn was longest ago is next', () => {
  const turns: [string, number][] = [
    ['a', 7],
    ['b', 3],
  ];
  assert.deepEqual(chosen(['a k 1', 'b k 2'], ['c k 3', 'c k 4', 'd k 5'], turns), ['b k 2']);
});

test('an account has no more than its share, a kind of it one less', () => {
  assert.deepEqual(chosen(['a k 1', 'a k 2', 'a k 3', 'a k 4', 'a l 5']), ['a k 1', 'a k 2', 'a l 5']);
});

test('what runs already is not chosen, and nothing when all places are taken', () => {
  assert.deepEqual(chosen(['a k 1'], ['a k 1']), []);
  assert.deepEqual(chosen(['e k 1'], ['a k 1', 'b k 1', 'c k 1', 'd k 1']), []);
});
