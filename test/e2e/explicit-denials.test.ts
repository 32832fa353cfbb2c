import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type ApiClient, signIn } from '../support/api-client.ts';
import { type ApiPaths, type ApiRequest, type NamedThings, requestsForAll } from '../support/api-requests.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { type DeniedCaller, makeDeniedCallers } from '../support/denied-principals.ts';
import { acquireKeys } from '../support/kms-property.ts';
import { type ActionNames, permissionTable } from '../support/permission-table.ts';
import { createCa, issueWithKey, rootCaBody } from '../support/private-ca-requests.ts';
import { openAccount } from '../support/second-account.ts';
import { selfSignedCredentials } from '../support/self-signed.ts';

const ownToken = 'about the token that is sent, which is proof enough';
const ownAccount = 'shows callers their own account, and what their credentials are for';
const ownSelf = 'about the caller itself, who proves to be the user';
const operators = 'of the operator alone, who is a root user: no policy gives it';
const noneRequired = 'the reference requires no permission';

/** Operations that ask for no permission, each with the reason. */
const exempt: Readonly<Record<string, string>> = {
  validateToken: ownToken,
  revokeToken: ownToken,
  listAuthDomains: ownAccount,
  listAuthCatalog: ownAccount,
  getDomain: ownAccount,
  getCallerIdentity: ownAccount,
  createAccount: operators,
  listAccounts: operators,
  enableAccount: operators,
  listAccountLimits: operators,
  setAccountLimits: operators,
  parseCsr: noneRequired,
  getConsoleConfig: noneRequired,
  changeOwnPassword: ownSelf,
  updateUserInformation: ownSelf,
};

/** Operations that everybody may use, or users for themselves, to whom no policy denies them. */
const free: Readonly<Record<string, string>> = {
  listProjects: 'iam:projects:listProjects',
  listAuthProjects: 'iam:projects:listProjects',
  getProject: 'iam:projects:getProject',
  getProjectStatus: 'iam:projects:getProject',
  createRecoveryCodes: 'iam:mfa:createRecoveryCodes',
  showRecoveryCodes: 'iam:mfa:showRecoveryCodes',
  stepUp: 'iam:mfa:stepUp',
  createStepUpOptions: 'iam:mfa:stepUp',
  listPasskeys: 'iam:mfa:listPasskeys',
  countCertificateAuthoritiesByTags: 'pca:ca:listByTag',
  countCertificatesByTags: 'pca:cert:listByTag',
  listObsBuckets: 'obs:bucket:ListAllMyBuckets',
};
/** Agencies are refused for another reason: nothing of this is theirs. */
const ofUsers = ['createRecoveryCodes'];

const password = 'Correct-Horse-1';
const nothing = { Effect: 'Deny', Action: ['none:none:none'] };

let app: RunningApp;
let root: ApiClient;
let stranger: ApiClient;
/** Has no policy but the one that a test gives it step by step. */
let stepper: ApiClient;
let stepperId: string;
let steppingId: string;
let denyingId: string;
/** By the kind of their credentials: one for each place of a denial. */
let callers: readonly (readonly DeniedCaller[])[];
let named: NamedThings;

before(async () => {
  app = await startApp();
  root = await signIn(app);
  const { account_id: accountId, account_name: accountName, project_id: projectId } = app.bootstrap;
  const { accountName: trusted, ...rest } = await openAccount(app, 'trusted');
  stranger = await signIn(app, { accountName: trusted, ...rest });
  const { roles } = await root.call<{ roles: { id: string }[] }>('GET', '/v3/roles?display_name=FullAccess');
  denyingId = await createPolicy('denying');
  steppingId = await createPolicy('stepping');
  const account = {
    server: app,
    root,
    accountId,
    accountName,
    projectId,
    denyingId,
    allowingId: roles[0]!.id,
  };
  const made = await makeDeniedCallers({ ...account, trusted: { client: stranger, accountName: trusted } });
  callers = [...Map.groupBy(made, ({ description }) => description.split(',')[0]).values()];
  await addStepper();
  named = await things();
});

after(async () => {
  for (const api of [root, stranger, stepper]) api?.close();
  for (const caller of callers?.flat() ?? []) caller.close();
  await app?.close();
});

async function createPolicy(name: string): Promise<string> {
  const role = { display_name: name, type: 'AX', description: '', policy: policyOf(nothing) };
  return (await root.call<{ role: { id: string } }>('POST', '/v3.0/OS-ROLE/roles', { role })).role.id;
}

const policyOf = (statement: object) => ({ Version: '5.0', Statement: [statement] });

async function setPolicy(id: string, statement: object): Promise<void> {
  await root.call('PATCH', `/v3.0/OS-ROLE/roles/${id}`, { role: { policy: policyOf(statement) } });
}

async function addStepper(): Promise<void> {
  const { account_id: accountId, account_name: accountName, project_name: projectName } = app.bootstrap;
  const name = 'stepper';
  const made = await root.call<{ user: { id: string } }>('POST', '/v3/users', { user: { name, password } });
  stepperId = made.user.id;
  const { group } = await root.call<{ group: { id: string } }>('POST', '/v3/groups', { group: { name } });
  await root.call('PUT', `/v3/groups/${group.id}/users/${stepperId}`);
  await root.call('PUT', `/v3/domains/${accountId}/groups/${group.id}/roles/${steppingId}`);
  stepper = await signIn(app, { accountName, userName: name, password, projectName });
}

/** What requests name; what an operation removes is nothing that another one needs. */
async function things(): Promise<NamedThings> {
  const { account_id: accountId, project_id: projectId } = app.bootstrap;
  const user = await root.call<{ user: { id: string } }>('POST', '/v3/users', { user: { name: 'named' } });
  const caId = await createCa(root, rootCaBody('Named'));
  const ids = {
    user_id: user.user.id,
    ca_id: caId,
    certificate_id: await issueWithKey(root, caId, 'named'),
    role_id: await createPolicy('named'),
  };
  const sslCertificateId = await importCertificate();
  const parties = { projectId, userId: user.user.id, granteeId: user.user.id, readerId: user.user.id };
  return { accountId, projectId, ids, sslCertificateId, keys: await acquireKeys(root, parties) };
}

async function importCertificate(): Promise<string> {
  const name = 'named.example.test';
  const { certificatePem, keyPem } = await selfSignedCredentials(name, [{ type: 'DNS', value: name }]);
  const body = { name: 'Named', certificate: certificatePem, private_key: keyPem };
  const path = '/v3/scm/certificates/import';
  return (await root.call<{ certificate_id: string }>('POST', path, body)).certificate_id;
}

/** The action for which the stepper was refused, as it is on record; undefined if it was not. */
async function refusedAction(answer: Answer): Promise<string | undefined> {
  const path = `/v1/audit/records?result=refused&principal_id=${stepperId}&limit=5`;
  type Records = { records: { request_id: string; action: string }[] };
  const { records } = await root.call<Records>('GET', path);
  return records.find(({ request_id: id }) => id === answer.headers['x-request-id'])?.action;
}

const isDenied = ({ status, text }: Answer) =>
  (status === 401 || status === 403) && text.includes('denied by a policy');

const send = (who: Pick<ApiClient, 'send'>, { method, path, body }: ApiRequest) =>
  who.send(method, path, body);

/** With every kind of credential, each denied in another place from time to time. */
async function requireDenied(
  request: ApiRequest,
  names: readonly string[],
  turn: number,
  whom = callers,
): Promise<void> {
  for (const [number, name] of names.entries()) {
    await setPolicy(denyingId, { Effect: 'Deny', Action: [name] });
    await Promise.all(
      whom.map(async (places, kind) => {
        const caller = places[(turn + number + kind) % places.length]!;
        const answer = await send(caller, request);
        if (!isDenied(answer)) assert.fail(`${name}, ${caller.description}: ${answer.status} ${answer.text}`);
      }),
    );
  }
}

/** The row of the table for the action. Where actions share their first name, it is the one whose every name denies. */
async function namesOf(action: string, request: ApiRequest): Promise<ActionNames> {
  const candidates = permissionTable.filter(([first]) => first === action);
  assert.notEqual(candidates.length, 0, `${action} is in no permission table`);
  if (candidates.length === 1) return candidates[0]!;
  const fitting: ActionNames[] = [];
  for (const names of candidates) {
    await setPolicy(denyingId, { Effect: 'Deny', Action: [names.at(-1)!] });
    if (isDenied(await send(callers[0]![0]!, request))) fitting.push(names);
  }
  assert.equal(fitting.length, 1, `${action} with ${candidates.map((names) => names.at(-1))}`);
  return fitting[0]!;
}

/** Gives the stepper what it is refused, one action after another, until the request is carried out. */
async function requireEveryDenial(request: ApiRequest, turn: number): Promise<void> {
  const allowed: string[] = [];
  for (;;) {
    await setPolicy(steppingId, allowed.length === 0 ? nothing : { Effect: 'Allow', Action: allowed });
    const answer = await send(stepper, request);
    const action = await refusedAction(answer);
    if (action === undefined || allowed.includes(action)) {
      const reason = `answered ${answer.status} without asking for a permission: ${answer.text}`;
      assert.notEqual(allowed.length, 0, reason);
      return;
    }
    assert.ok(answer.status === 401 || answer.status === 403, `${action}: ${answer.status} ${answer.text}`);
    await requireDenied(request, await namesOf(action, request), turn);
    allowed.push(action);
  }
}

test('an explicit Deny of any name of its action wins over everything, for every operation of the API', async (t) => {
  const { paths } = await root.call<{ paths: ApiPaths }>('GET', '/openapi.json');
  const operations = requestsForAll(paths, named);
  const known = new Set(operations.map(({ operationId }) => operationId));
  for (const listed of [...Object.keys(exempt), ...Object.keys(free)])
    assert.ok(known.has(listed), `${listed} is no operation of the API any more`);
  for (const [turn, { operationId, request }] of operations.entries()) {
    if (exempt[operationId] !== undefined) continue;
    await t.test(operationId, async () => {
      const action = free[operationId];
      if (action === undefined) return requireEveryDenial(request, turn);
      const users = callers.filter(([first]) => !first?.description.startsWith('an agency'));
      await requireDenied(request, [action], turn, ofUsers.includes(operationId) ? users : callers);
    });
  }
});
