import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Answer } from 'dns-packet';
import {
  type DnsReply,
  type DnsServer,
  nameError,
  serverFailure,
  startDnsServer,
} from '../../../test/support/dns-server.ts';
import type { Challenge } from '../issuers/issuer.ts';
import { checkDns } from './check-dns.ts';
import type { Verdict } from './validator.ts';

const reasonOf = (verdict: Verdict) => (verdict.kind === 'found' ? '' : verdict.reason);

const recordName = '_dnsauth.example.test';
const challenge: Challenge = {
  domain: 'example.test',
  method: 'DNS',
  recordName,
  recordType: 'TXT',
  recordValue: 'the-value',
};
const txt = (name: string, ...data: string[]): Answer => ({ type: 'TXT', name, ttl: 0, data });
const cname = (name: string, data: string): Answer => ({ type: 'CNAME', name, ttl: 0, data });

describe('the TXT record of a challenge', () => {
  let dns: DnsServer;
  /** By type and name; what is not here does not exist. */
  const replies = new Map<string, DnsReply>();
  before(async () => {
    dns = await startDnsServer(
      ({ type, name }) => replies.get(`${type} ${name.toLowerCase()}`) ?? replies.get('*') ?? nameError,
    );
  });
  after(() => dns.close());
  beforeEach(() => {
    replies.clear();
    dns.asked.length = 0;
  });
  const check = (resolvers = [dns.address]) => checkDns(challenge, resolvers);

  it('is found among others, its strings put together, at the moment it is there', async () => {
    assert.equal((await check()).kind, 'absent');
    replies.set(`TXT ${recordName}`, [txt(recordName, 'other'), txt(recordName, 'the', '-value')]);
    assert.deepEqual(await check(), { kind: 'found' });
    replies.set(`TXT ${recordName}`, []);
    assert.equal((await check()).kind, 'absent');
  });

  const absence = `There is no TXT record at ${recordName} with the value that is asked for.`;

  it('is absent where the name or the record is', async () => {
    const reason = absence;
    assert.deepEqual(await check(), { kind: 'absent', reason });
    replies.set('*', []);
    assert.deepEqual(await check(), { kind: 'absent', reason });
  });

  it('is absent where it has another value, exactly compared', async () => {
    for (const value of ['The-Value', 'the-value ', 'the-valu', '"the-value"', '']) {
      replies.set(`TXT ${recordName}`, [txt(recordName, value)]);
      const verdict = await check();
      assert.deepEqual(verdict, { kind: 'absent', reason: absence }, value);
    }
  });

  it('is found behind a CNAME, whether the server follows it or not', async () => {
    replies.set(`TXT ${recordName}`, [cname(recordName, 'a.test'), txt('a.test', 'the-value')]);
    assert.deepEqual(await check(), { kind: 'found' });
    replies.set(`TXT ${recordName}`, [cname(recordName, 'a.test')]);
    replies.set(`CNAME ${recordName}`, [cname(recordName, 'a.test')]);
    replies.set('TXT a.test', [cname('a.test', 'b.test')]);
    replies.set('CNAME a.test', [cname('a.test', 'b.test')]);
    replies.set('TXT b.test', [txt('b.test', 'the-value')]);
    assert.deepEqual(await check(), { kind: 'found' });
  });

  it('is not looked for in a circle for ever', async () => {
    for (const [name, target] of [
      [recordName, 'a.test'],
      ['a.test', recordName],
    ] as const) {
      replies.set(`TXT ${name}`, [cname(name, target)]);
      replies.set(`CNAME ${name}`, [cname(name, target)]);
    }
    assert.equal((await check()).kind, 'absent');
    assert.ok(dns.asked.length <= 18, String(dns.asked.length));
  });

  it('is unreachable, and nothing is said of it, where DNS fails', async () => {
    for (const code of [serverFailure, 5]) {
      replies.set('*', code);
      const verdict = await check();
      assert.equal(verdict.kind, 'unreachable');
      assert.match(reasonOf(verdict), /could not be looked up\.$/);
    }
  });

  it('is asked of the next resolver where one fails', async () => {
    const broken = await startDnsServer(() => serverFailure);
    try {
      replies.set(`TXT ${recordName}`, [txt(recordName, 'the-value')]);
      assert.deepEqual(await check([broken.address, dns.address]), { kind: 'found' });
    } finally {
      await broken.close();
    }
  });
});
