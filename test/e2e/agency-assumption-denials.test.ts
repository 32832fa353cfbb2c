import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agencyAssumption } from '../../src/iam/permissions.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { type DeniedCaller, makeDeniedCallers } from '../support/denied-principals.ts';
import { openAccount } from '../support/second-account.ts';

type Made<Name extends string> = Readonly<Record<Name, { readonly id: string }>>;

const everything = { Effect: 'Allow', Action: ['*'] };
const tokens = '/v3/auth/tokens';
const temporaryKeys = '/v3.0/OS-CREDENTIAL/securitytokens';

let app: RunningApp;
let root: ApiClient;
let trusting: ApiClient;
let denyingId: string;
/** Users of the trusted account, with every kind of credential; agencies and federated users assume none. */
let callers: readonly DeniedCaller[];
let agencyId: string;
/** Every way of naming the agency. */
let references: readonly object[];

const policyOf = (statement: object) => ({ Version: '5.0', Statement: [statement] });

async function createPolicy(name: string): Promise<string> {
  const role = { display_name: name, type: 'AX', description: '', policy: policyOf(everything) };
  return (await root.call<Made<'role'>>('POST', '/v3.0/OS-ROLE/roles', { role })).role.id;
}

async function setPolicy(statement: object): Promise<void> {
  await root.call('PATCH', `/v3.0/OS-ROLE/roles/${denyingId}`, { role: { policy: policyOf(statement) } });
}

before(async () => {
  app = await startApp({ env: { OPENCCM_RATE_LIMIT_STRANGERS: '0' } });
  root = await signIn(app);
  const { account_id: accountId, account_name: accountName, project_id: projectId } = app.bootstrap;
  const other = await openAccount(app, 'trusting');
  trusting = await signIn(app, other);
  const { domains } = await trusting.call<{ domains: { id: string }[] }>('GET', '/v3/auth/domains');
  const { agency } = await trusting.call<Made<'agency'>>('POST', '/v3.0/OS-AGENCY/agencies', {
    agency: { name: 'operations', domain_id: domains[0]!.id, trust_domain_name: accountName },
  });
  agencyId = agency.id;
  references = [{ domain_name: 'trusting' }, { domain_id: domains[0]!.id }].flatMap((domain) => [
    { ...domain, agency_name: 'operations' },
    { ...domain, xrole_name: 'operations' },
  ]);
  denyingId = await createPolicy('denying');
  const made = await makeDeniedCallers({
    server: app,
    root,
    accountId,
    accountName,
    projectId,
    trusted: { client: trusting, accountName: 'trusting' },
    allowingId: await createPolicy('allowing'),
    denyingId,
  });
  callers = made.filter(({ description }) => /^(a user's|an access key)/.test(description));
  for (const caller of made) if (!callers.includes(caller)) caller.close();
});

after(async () => {
  for (const client of [root, trusting, ...(callers ?? [])]) client?.close();
  await app?.close();
});

/** Asks for a token and for a temporary key of the agency, by every name; calls `check` with each answer. */
async function assumeByEveryWay(check: (way: string, answer: { status: number; text: string }) => void) {
  await Promise.all(
    callers.map(async (caller) => {
      for (const path of [tokens, temporaryKeys])
        for (const reference of references) {
          const auth = { identity: { methods: ['assume_role'], assume_role: reference } };
          const way = `${path} ${JSON.stringify(reference)}, ${caller.description}`;
          check(way, await caller.send('POST', path, { auth }));
        }
    }),
  );
}

test('without a Deny every user assumes the agency, with every credential, in every way', async () => {
  await assumeByEveryWay((way, { status, text }) => assert.equal(status, 201, `${way}: ${text}`));
});

test('a Deny of assuming holds with every credential, for a token and for a temporary key, by id and by name', async () => {
  const names = [agencyAssumption.action, ...agencyAssumption.aliases];
  const denials = [
    ...names.map((name) => ({ Action: [name] })),
    { Action: ['IAM:agencies:*'], Resource: { uri: [`/iam/agencies/${agencyId}`] } },
    { Action: ['iam:*'], Resource: ['iam:*:*:*:*'] },
  ];
  for (const denial of denials) {
    await setPolicy({ Effect: 'Deny', ...denial });
    await assumeByEveryWay((way, { status, text }) => {
      assert.equal(status, 403, `${JSON.stringify(denial)}: ${way}: ${text}`);
      assert.match(text, /iam:agencies:assume is denied by a policy/);
    });
  }
});
