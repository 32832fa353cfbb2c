import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { evaluateConditions } from './conditional-request.ts';

// Modified at 09:30:00.250; the header can only say 09:30:00.
const object = { etag: '"a1-2-3"', lastModifiedMs: Date.UTC(2025, 10, 28, 9, 30, 0, 250) };
const before = 'Fri, 28 Nov 2025 09:29:59 GMT';
const same = 'Fri, 28 Nov 2025 09:30:00 GMT';
const after = 'Fri, 28 Nov 2025 09:30:01 GMT';

const cases: readonly [number, IncomingHttpHeaders][] = [
  [200, {}],
  [304, { 'if-none-match': '"a1-2-3"' }],
  [304, { 'if-none-match': '"other", W/"a1-2-3"' }],
  [304, { 'if-none-match': '*' }],
  [200, { 'if-none-match': '"other"' }],
  [200, { 'if-none-match': 'a1-2-3' }],
  // The ETag is more exact than the date.
  [200, { 'if-none-match': '"other"', 'if-modified-since': after }],
  [304, { 'if-none-match': '"a1-2-3"', 'if-modified-since': before }],
  [304, { 'if-modified-since': same }],
  [304, { 'if-modified-since': after }],
  [200, { 'if-modified-since': before }],
  [200, { 'if-modified-since': 'yesterday or so' }],
  [200, { 'if-match': '"a1-2-3"' }],
  [200, { 'if-match': '*' }],
  [412, { 'if-match': '"other"' }],
  [412, { 'if-match': 'W/"a1-2-3"' }],
  [412, { 'if-unmodified-since': before }],
  [200, { 'if-unmodified-since': same }],
  [200, { 'if-match': '"a1-2-3"', 'if-unmodified-since': before }],
];

for (const [status, headers] of cases)
  test(`${JSON.stringify(headers)} is answered ${status}`, () => {
    assert.equal(evaluateConditions(headers, object), status);
  });
