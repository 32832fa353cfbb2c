import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fixtureFrom,
  fixtureUntil,
  type Holder,
  issueCa,
  issueLeaf,
  unknownCriticalExtension,
} from '../authority.fixture.ts';
import {
  nameConstraintsExtension,
  subjectAlternativeNameExtension,
} from '../certificate/extensions/index.ts';
import type { GeneralName } from '../certificate/general-name.ts';
import { type Certificate, parseCertificate } from '../certificate/parse-certificate.ts';
import { nameFromAttributes } from '../names/distinguished-name.ts';
import { type ChainFailure, validateChain } from './validate-chain.ts';

const atMs = Date.UTC(2030, 0, 1);
const root = await issueCa('Root');
const sub = await issueCa('Sub', root, { pathLength: 0 });
const leaf = await issueLeaf('leaf', sub);

const result = (holders: readonly Holder[], at = atMs) =>
  validateChain(
    holders.map((holder) => holder.certificate),
    { atMs: at },
  );

async function fails(
  reason: ChainFailure,
  index: number,
  holders: readonly Holder[],
  at = atMs,
): Promise<void> {
  assert.deepEqual(await result(holders, at), { valid: false, reason, index });
}

test('a chain is valid from notBefore to notAfter, both included', async () => {
  const chain = [leaf, sub, root];
  for (const at of [fixtureFrom, atMs, fixtureUntil, fixtureUntil + 999]) {
    assert.deepEqual(await result(chain, at), { valid: true });
  }
  await fails('NOT_YET_VALID', 0, chain, fixtureFrom - 1);
  await fails('EXPIRED', 0, chain, fixtureUntil + 1000);
});

test('the last certificate is trusted as given, a root must sign itself', async () => {
  assert.deepEqual(await result([leaf, sub]), { valid: true });
  assert.deepEqual(await result([root]), { valid: true });
  const other = await issueCa('Root');
  const stolen: Certificate = { ...root.certificate, spki: other.certificate.spki };
  await fails('BAD_SIGNATURE', 0, [{ ...root, certificate: stolen }]);
});

test('nothing, and more than a hundred certificates, are refused', async () => {
  await fails('EMPTY', 0, []);
  await fails('TOO_LONG', 100, new Array<Holder>(101).fill(root));
});

test('names have to link and signatures to hold', async () => {
  await fails('ISSUER_NAME_MISMATCH', 0, [leaf, root]);
  const twin = await issueCa('Sub', root);
  await fails('BAD_SIGNATURE', 0, [leaf, twin, root]);
  const unsupported: Certificate = { ...leaf.certificate, signatureAlgorithm: undefined };
  await fails('UNSUPPORTED_ALGORITHM', 0, [{ ...leaf, certificate: unsupported }, sub, root]);
});

test('issuers are CAs with the right key usage', async () => {
  await fails('ISSUER_NOT_CA', 1, [await issueLeaf('below', leaf), leaf, sub, root]);
  const { certificate } = sub;
  const without: Certificate = { ...certificate, known: { ...certificate.known, keyUsage: ['cRLSign'] } };
  await fails('ISSUER_KEY_USAGE', 1, [leaf, { ...sub, certificate: without }, root]);
});

test('path lengths count CA certificates below, but not self-issued ones', async () => {
  const second = await issueCa('Second', sub);
  await fails('PATH_LENGTH_EXCEEDED', 2, [await issueLeaf('deep', second), second, sub, root]);
  const renewed = await issueCa('Sub', sub);
  assert.deepEqual(await result([await issueLeaf('x', renewed), renewed, sub, root]), { valid: true });
});

test('unknown critical extensions stop a chain', async () => {
  await fails('UNKNOWN_CRITICAL_EXTENSION', 0, [
    await issueLeaf('odd', sub, { extensions: [unknownCriticalExtension] }),
    sub,
    root,
  ]);
});

const within = nameFromAttributes({ commonName: 'leaf', country: 'CN', organization: 'Example' });

/** Whether a leaf with `name` is valid under a CA with these constraints. */
async function allowed(
  name: GeneralName,
  permitted: GeneralName[],
  excluded: GeneralName[] = [],
): Promise<boolean> {
  const constrained = await issueCa('Constrained', root, {
    extensions: [nameConstraintsExtension({ permitted, excluded })],
  });
  const below = await issueCa('Below', constrained);
  const end = await issueLeaf('leaf', below, { extensions: [subjectAlternativeNameExtension([name])] });
  const outcome = await result([end, below, constrained, root]);
  if (!outcome.valid)
    assert.deepEqual(outcome, { valid: false, reason: 'NAME_CONSTRAINT_VIOLATED', index: 0 });
  return outcome.valid;
}

const dns = (value: string): GeneralName => ({ type: 'DNS', value });
const email = (value: string): GeneralName => ({ type: 'EMAIL', value });
const uri = (value: string): GeneralName => ({ type: 'URI', value });
const ip = (value: string): GeneralName => ({ type: 'IP', value });

const permittedCases: [GeneralName, GeneralName, boolean][] = [
  [dns('example.com'), dns('example.com'), true],
  [dns('A.Example.com'), dns('example.COM'), true],
  [dns('badexample.com'), dns('example.com'), false],
  [dns('example.com'), dns('.example.com'), false],
  [dns('a.example.com'), dns('.example.com'), true],
  [dns('anything.test'), dns(''), true],
  [dns('anything.test'), email('example.com'), true],
  [email('a@example.com'), email('a@example.com'), true],
  [email('A@example.com'), email('a@example.com'), false],
  [email('b@EXAMPLE.com'), email('example.com'), true],
  [email('b@mail.example.com'), email('example.com'), false],
  [email('b@mail.example.com'), email('.example.com'), true],
  [uri('https://user@host.example.com:8443/path'), uri('host.example.com'), true],
  [uri('https://host.example.com.evil.test/'), uri('host.example.com'), false],
  [uri('https://evil.test/@host.example.com'), uri('host.example.com'), false],
  [uri('urn:example'), uri('example.com'), false],
  [uri('https://192.0.2.1/'), uri('192.0.2.1'), false],
  [ip('10.1.2.3'), ip('10.0.0.0/8'), true],
  [ip('11.1.2.3'), ip('10.0.0.0/8'), false],
  [ip('2001:db8::1'), ip('2001:db8::/33'), true],
  [ip('2001:db8:8000::1'), ip('2001:db8::/33'), false],
  [ip('2001:db8::1'), ip('0.0.0.0/0'), false],
];

for (const [name, base, expected] of permittedCases) {
  test(`permitting ${JSON.stringify(base)} ${expected ? 'lets' : 'does not let'} ${JSON.stringify(name)} pass`, async () => {
    assert.equal(await allowed(name, [base]), expected);
  });
}

test('exclusions hit what they name, wildcards that cover it, and what cannot be told', async () => {
  assert.equal(await allowed(dns('a.example.com'), [], [dns('example.com')]), false);
  assert.equal(await allowed(dns('a.example.com'), [dns('example.com')], [dns('b.example.com')]), true);
  assert.equal(await allowed(dns('*.example.com'), [dns('example.com')], [dns('b.example.com')]), false);
  assert.equal(await allowed(dns('*.example.com'), [], [dns('b.c.example.com')]), true);
  assert.equal(await allowed(uri('urn:example'), [], [uri('example.com')]), false);
});

test('directory constraints bind the subject, whatever the case and string type', async () => {
  const directory = (name: typeof within): GeneralName => ({ type: 'DIRECTORY', name });
  // The subordinate below is bound as well, so the base can only be what both names begin with.
  const commonBase = nameFromAttributes({ country: 'CN' });
  const name = dns('example.com');
  const constrained = await issueCa('Constrained', root, {
    extensions: [nameConstraintsExtension({ permitted: [directory(within.slice(0, 2))], excluded: [] })],
  });
  const good = await issueLeaf('LEAF', constrained, {
    extensions: [subjectAlternativeNameExtension([name])],
  });
  assert.deepEqual(await result([good, constrained, root]), { valid: true });
  const bad = await issueLeaf('other', constrained);
  await fails('NAME_CONSTRAINT_VIOLATED', 0, [bad, constrained, root]);
  const elsewhere = await issueLeaf('leaf', constrained, { subject: commonBase });
  await fails('NAME_CONSTRAINT_VIOLATED', 0, [elsewhere, constrained, root]);
});

test('email addresses in a subject are bound where there are no alternative names', async () => {
  const constrained = await issueCa('Constrained', root, {
    extensions: [nameConstraintsExtension({ permitted: [email('example.com')], excluded: [] })],
  });
  const withEmail = (value: string) =>
    issueLeaf('mail', constrained, { subject: [[{ type: '1.2.840.113549.1.9.1', value }]] });
  assert.deepEqual(await result([await withEmail('a@example.com'), constrained, root]), { valid: true });
  await fails('NAME_CONSTRAINT_VIOLATED', 0, [await withEmail('a@example.org'), constrained, root]);
});

test('names and constraints cannot multiply without end', async () => {
  const many = Array.from({ length: 300 }, (_, index) => dns(`host-${index}.example.com`));
  const constrained = await issueCa('Constrained', root, {
    extensions: [nameConstraintsExtension({ permitted: [dns('example.com')], excluded: many })],
  });
  const end = await issueLeaf('leaf', constrained, {
    extensions: [
      subjectAlternativeNameExtension(
        many.map((name) => ({ ...name, value: 'a.example.com' }) as GeneralName),
      ),
    ],
  });
  await fails('NAME_CONSTRAINT_VIOLATED', 0, [end, constrained, root]);
  assert.equal(parseCertificate(end.certificate.der).known.subjectAlternativeNames?.length, 300);
});

test('long names use the budget of comparisons up as many short ones do', async () => {
  const others = Array.from({ length: 2_000 }, (_, index) => uri(`host-${index}.example.org`));
  const constrained = await issueCa('Constrained', root, {
    extensions: [nameConstraintsExtension({ permitted: [], excluded: others })],
  });
  const withPath = async (length: number) => {
    const name = { type: 'URI', value: `https://example.com/${'x'.repeat(length)}` } as const;
    return issueLeaf('end', constrained, { extensions: [subjectAlternativeNameExtension([name])] });
  };
  assert.equal((await result([await withPath(200), constrained, root])).valid, true);
  await fails('NAME_CONSTRAINT_VIOLATED', 0, [await withPath(20_000), constrained, root]);
});
