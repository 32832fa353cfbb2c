import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { compilePolicy } from './compile-policy.ts';
import { decide } from './decide.ts';
import { MalformedPolicy, parsePolicyDocument } from './policy-document.ts';

type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

const action = 'pca:ca:issueCert';

function statement(effect: 'Allow' | 'Deny', condition: Condition) {
  return { Effect: effect, Action: [action], Condition: condition };
}

function decisionOf(
  statements: readonly object[],
  names: readonly string[],
  commonNames?: readonly string[],
) {
  const document = parsePolicyDocument({ Version: '5.0', Statement: statements });
  const grant = {
    scope: { kind: 'account' } as const,
    policyId: 'p',
    policyName: 'p',
    statements: compilePolicy(document),
  };
  const own = names.flatMap((name) => (name.startsWith('CN:') ? [name.slice(3)] : []));
  const conditions = { 'pca:SubjectNames': names, 'pca:CommonName': commonNames ?? own };
  return decide([grant], { action, conditions }, { projectId: undefined, callerConditions: () => ({}) });
}

const allowed = (condition: Condition, ...names: string[]) =>
  decisionOf([statement('Allow', condition)], names) === 'allowed';
const denied = (condition: Condition, ...names: string[]) =>
  decisionOf([{ Effect: 'Allow', Action: ['*'] }, statement('Deny', condition)], names) ===
  'denied explicitly';
const like = (...patterns: string[]) => ({ StringLike: { 'pca:SubjectNames': patterns } });

describe('an Allow over the names of a certificate', () => {
  it('holds only if all names fit', () => {
    const good = like('*.good.com');
    assert.equal(allowed(good, 'CN:a.good.com', 'DNS:b.good.com'), true);
    for (const other of ['DNS:bank.com', 'DNS:*.corp', 'IP:10.0.0.1', 'UPN:admin@corp', 'EMAIL:a@evil.com'])
      assert.equal(allowed(good, 'CN:a.good.com', other), false, other);
    assert.equal(allowed(good, 'CN:a.good.com', 'CN:bank.com'), false);
    assert.equal(allowed(good), false);
  });

  it('of an address of mail, a principal or a URI needs the host, or the whole where the pattern has an @', () => {
    const good = like('*.good.com');
    assert.equal(allowed(good, 'EMAIL:a@x.good.com', 'UPN:a@x.good.com', 'URI:https://x.good.com/p'), true);
    assert.equal(allowed(good, 'URI:https://evil.com/x.good.com'), false);
    assert.equal(allowed(good, 'URI:https://evil.com#x.good.com'), false);
    assert.equal(allowed(good, 'URI:https://x.good.com@evil.com/'), false);
    assert.equal(allowed(good, 'EMAIL:a@evil.com@x.good.com'), false);
    assert.equal(allowed(like('*@good.com'), 'EMAIL:a@good.com'), true);
    assert.equal(allowed(like('*@good.com'), 'EMAIL:a@good.com.evil.com'), false);
  });

  it('takes patterns for one type', () => {
    const typed = like(
      'cn:device-?',
      'dns:*.good.com',
      'ip:10.0.0.0/8',
      'uri:https://*.good.com/api/*',
      'upn:*@good',
    );
    const names = [
      'CN:device-7',
      'DNS:a.good.com',
      'IP:10.9.8.7',
      'URI:https://a.good.com/api/x',
      'UPN:u@good',
    ];
    assert.equal(allowed(typed, ...names), true);
    for (const other of [
      'CN:device-10',
      'DNS:device-7',
      'IP:11.0.0.1',
      'IP:2001:db8::1',
      'URI:https://a.good.com/other',
      'URI:https://evil.com/x.good.com/api/y',
      'EMAIL:u@good',
    ])
      assert.equal(allowed(typed, ...names, other), false, other);
    // A common name is taken for a DNS name.
    assert.equal(allowed(like('dns:*.good.com'), 'CN:a.good.com'), true);
  });

  it('of a wildcard name needs all hosts that it stands for', () => {
    assert.equal(allowed(like('*.good.com'), 'DNS:*.good.com'), true);
    for (const pattern of ['?.good.com', 'a*.good.com', '??*.good.com', 'a.good.com'])
      assert.equal(allowed(like(pattern), 'DNS:*.good.com'), false, pattern);
  });

  it('is lost by StringNotLike for any name', () => {
    const notCorp = { StringNotLike: { 'pca:SubjectNames': '*.corp' } };
    assert.equal(allowed(notCorp, 'CN:a.good.com', 'IP:10.0.0.1'), true);
    assert.equal(allowed(notCorp, 'CN:a.good.com', 'DNS:b.CORP.'), false);
  });
});

describe('a Deny over the names of a certificate', () => {
  it('holds if any name fits, in whatever spelling', () => {
    const corp = like('*.Corp');
    for (const name of [
      'CN:a.CORP',
      'DNS:a.corp.',
      'DNS:*.corp',
      'EMAIL:a@x.corp',
      'UPN:admin@x.corp',
      'URI:https://a.corp/x',
      'URI:https://a.corp@evil.com/',
      'CN:ａ。corp',
    ])
      assert.equal(denied(corp, 'CN:a.good.com', name), true, name);
    assert.equal(denied(corp, 'CN:a.good.com', 'DNS:corp.good.com'), false);
    assert.equal(denied(corp), false);
    assert.equal(denied(like('*.bücher.example'), 'DNS:a.xn--bcher-kva.example'), true);
    assert.equal(denied({ StringEquals: { 'pca:SubjectNames': '2001:DB8::1' } }, 'IP:2001:db8:0::1'), true);
  });

  it('holds for a wildcard name that stands for a denied host', () => {
    for (const pattern of ['admin.corp', 'a*n.corp', '*min.corp', '?dmin.corp'])
      assert.equal(denied(like(pattern), 'DNS:*.corp'), true, pattern);
    for (const pattern of ['a.b.corp', '.corp', 'corp', 'admin.corp.x'])
      assert.equal(denied(like(pattern), 'DNS:*.corp'), false, pattern);
    assert.equal(denied({ StringStartWith: { 'pca:SubjectNames': 'admin.' } }, 'DNS:*.corp'), true);
    assert.equal(denied({ StringEndWith: { 'pca:SubjectNames': 'min.corp' } }, 'DNS:*.corp'), true);
    assert.equal(denied({ StringEquals: { 'pca:SubjectNames': 'admin.corp' } }, 'DNS:*.corp'), true);
  });

  it('by StringNotLike holds for any name outside', () => {
    const onlyGood = { StringNotLike: { 'pca:SubjectNames': '*.good.com' } };
    assert.equal(denied(onlyGood, 'CN:a.good.com', 'DNS:*.good.com'), false);
    assert.equal(denied(onlyGood, 'CN:a.good.com', 'IP:10.0.0.1'), true);
  });

  it('leaves the quantifier to an author who names one', () => {
    const all = { 'ForAllValues:StringLike': { 'pca:SubjectNames': '*.corp' } };
    assert.equal(denied(all, 'CN:a.corp', 'DNS:a.good.com'), false);
    assert.equal(denied(all, 'CN:a.corp', 'DNS:b.corp'), true);
  });

  it('wins over every Allow, whatever the letters', () => {
    const label = fc.string({ unit: fc.constantFrom('a', 'B', '-', '7'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(label, fc.boolean(), (text, dot) => {
        const name = `DNS:${text}.cOrP${dot ? '.' : ''}`;
        assert.equal(denied(like('*.corp'), 'CN:ok.good.com', name), true);
      }),
    );
  });
});

describe("the vendor's key for the common name", () => {
  const common = (operator: string, value: string) => ({ [operator]: { 'pca:CommonName': value } });

  it('admits only requests all of whose common names fit', () => {
    assert.equal(allowed(common('StringLike', '*.good.com'), 'CN:a.good.com'), true);
    assert.equal(allowed(common('StringLike', '*.good.com'), 'CN:a.good.com', 'CN:bank.com'), false);
    assert.equal(allowed(common('StringLike', '*.good.com'), 'DNS:a.good.com'), false);
    // As at the vendor it says nothing of other names: pca:SubjectNames does.
    assert.equal(allowed(common('StringLike', '*.good.com'), 'CN:a.good.com', 'DNS:bank.com'), true);
  });

  it('excludes by every name, so that neither letter case nor a missing common name gets round it', () => {
    assert.equal(denied(common('StringLike', '*.corp'), 'CN:a.CORP'), true);
    assert.equal(denied(common('StringLike', '*.corp'), 'DNS:a.corp'), true);
    assert.equal(denied(common('StringEquals', 'a.corp'), 'CN:x', 'CN:A.corp'), true);
    assert.equal(denied(common('StringLike', '*.corp'), 'CN:a.good.com'), false);
    assert.equal(allowed(common('StringNotLike', '*.corp'), 'DNS:a.corp'), false);
  });
});

test('the names of an SSL certificate are judged in the same way', () => {
  const condition = { StringLike: { 'scm:SubjectNames': '*.good.com' } };
  const decisionAbout = (effect: 'Allow' | 'Deny', ...names: string[]) => {
    const document = parsePolicyDocument({
      Version: '5.0',
      Statement: [{ ...statement(effect, condition), Action: ['scm:cert:apply'] }],
    });
    const grant = {
      scope: { kind: 'account' } as const,
      policyId: 'p',
      policyName: 'p',
      statements: compilePolicy(document),
    };
    const request = { action: 'scm:cert:apply', conditions: { 'scm:SubjectNames': names } };
    return decide([grant], request, { projectId: undefined, callerConditions: () => ({}) });
  };
  assert.equal(decisionAbout('Allow', 'DNS:a.good.com', 'DNS:b.good.com'), 'allowed');
  assert.equal(decisionAbout('Allow', 'DNS:a.good.com', 'DNS:bank.com'), 'not allowed');
  assert.equal(decisionAbout('Deny', 'DNS:bank.com', 'DNS:*.GOOD.com'), 'denied explicitly');
});

describe('what a condition on names must be', () => {
  const refused = (condition: Condition) =>
    assert.throws(() => decisionOf([statement('Allow', condition)], []), MalformedPolicy);

  it('compares text', () => {
    refused({ NumericEquals: { 'pca:SubjectNames': '1' } });
    refused({ IpAddress: { 'pca:SubjectNames': '10.0.0.0/8' } });
  });

  it('has ranges and URI patterns in their forms', () => {
    refused(like('ip:10.*'));
    refused(like('uri:*.good.com'));
    refused(like('uri:https://good.com\\@evil.com/'));
  });
});
