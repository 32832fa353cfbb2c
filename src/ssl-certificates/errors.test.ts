import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { orderNotSettled, scmError, scmErrors } from './errors.ts';

// Clients match on these. A digest, as the table once more would be no better a copy than the first.
test('codes, statuses and texts are the 131 of A.2.1, and that of a CSR that is not there', () => {
  const { 'SCM.0707': noCsr, ...published } = scmErrors;
  assert.deepEqual(noCsr, { code: 'SCM.0707', status: 400, message: 'CSR not found.' });
  const lines = Object.values(published)
    .map(({ code, status, message }) => `${code} ${status} ${message}\n`)
    .toSorted();
  assert.equal(lines.length, 131);
  const digest = createHash('sha256').update(lines.join('')).digest('hex');
  assert.equal(digest, '87550392ae2ac8f67bdfc09dc0cb50aa5b2281abbd3ed0835254a7f8b98b1710');
});

test('a detail follows the text; an order that is not settled is a 500, on which clients try again', () => {
  assert.equal(
    scmError('SCM.0005', 'x is mandatory.').message,
    'Incorrect request parameter. x is mandatory.',
  );
  const { code, status, message } = orderNotSettled('Not paid.');
  assert.deepEqual([code, status, message], ['SCM.0016', 500, 'Failed to order. Not paid.']);
});
