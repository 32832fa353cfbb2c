import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

test('secrets do not reach the log, wherever they stand', () => {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line: string) => void lines.push(line) });
  log.info(
    {
      requestId: 'kept',
      password: 'hidden',
      headers: { authorization: 'hidden', 'x-auth-token': 'hidden', 'x-subject-token': 'hidden' },
      request: { body: { private_key: 'hidden', secret_key: 'hidden', plain_text: 'hidden' } },
    },
    'a sentence',
  );
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0]!, /hidden/);
  assert.match(lines[0]!, /kept/);
});

test('an error is logged with its cause', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  log.debug({}, 'not at this level');
  log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /outer.*inner/);
});

test('of an error of a library only what says what happened is logged', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const error = Object.assign(new Error('terminated'), { code: '57P01', client: { password: 'hidden' } });
  log.error({ error }, 'failed');
  assert.match(lines[0]!, /terminated.*57P01/);
  assert.doesNotMatch(lines[0]!, /client|hidden/);
});
