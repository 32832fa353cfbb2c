import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urlsOfHosts } from './postgres-hosts.ts';

test('a URL names one host or several, each with its port', () => {
  assert.deepEqual(urlsOfHosts('postgres://u:p@a:5432/db'), ['postgres://u:p@a:5432/db']);
  assert.deepEqual(urlsOfHosts('postgresql://u:p%40@a,b:5433,[::1]:5434/db?sslmode=require'), [
    'postgresql://u:p%40@a/db?sslmode=require',
    'postgresql://u:p%40@b:5433/db?sslmode=require',
    'postgresql://u:p%40@[::1]:5434/db?sslmode=require',
  ]);
});

test('what is no such URL is not taken for one', () => {
  for (const url of [
    '',
    'a:5432',
    'mysql://a/db',

    'postgres://a:b:c/db',
    'postgres://a,,b/db',
  ])
    assert.equal(urlsOfHosts(url), undefined, url);
});
