import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import { codeAt, stepAt } from '../../src/iam/second-factor/totp.ts';
import { login, send, type TestIdentity, type TestUser } from './identity.ts';

/** An authenticator app: shows the codes of a seed by the clock of the test. */
export interface TestAuthenticator {
  readonly serialNumber: string;
  /** The code that is shown now, or so many steps of 30 seconds later. */
  code(laterSteps?: number): string;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function decodeBase32(text: string): Buffer {
  const bits = [...text].map((letter) => base32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The user with the token of a login to the whole account. */
export async function inPerson({ app }: TestIdentity, user: TestUser): Promise<TestUser> {
  const token = await login(app, user, { domain: { name: user.account.accountName } });
  return { ...user, token };
}

/** Makes and binds a device of the user; the caller has a token of a login in person, or the permission. */
export async function bindAuthenticator(
  identity: TestIdentity,
  caller: TestUser,
  name: string,
  userId = caller.userId,
): Promise<TestAuthenticator> {
  const wanted = { virtual_mfa_device: { name, user_id: userId } };
  const { virtual_mfa_device: device } = await identity.call<{
    virtual_mfa_device: { serial_number: string; base32_string_seed: string };
  }>(caller, 201, ['POST', '/v3.0/OS-MFA/virtual-mfa-devices', wanted]);
  const seed = decodeBase32(device.base32_string_seed);
  const authenticator = {
    serialNumber: device.serial_number,
    code: (laterSteps = 0) => codeAt(seed, stepAt(identity.clock.nowMs()) + laterSteps),
  };
  await identity.call(caller, 204, [
    'PUT',
    '/v3.0/OS-MFA/mfa-devices/bind',
    {
      user_id: userId,
      serial_number: device.serial_number,
      authentication_code_first: authenticator.code(-1),
      authentication_code_second: authenticator.code(),
    },
  ]);
  return authenticator;
}

/** The body of a login by password and, if given, a second method with its part. */
export function loginBody(
  user: TestUser,
  second?: { readonly method: string; readonly part: object },
): object {
  const password = { user: { id: user.userId, password: user.password } };
  const identity = {
    methods: second ? ['password', second.method] : ['password'],
    password,
    ...second?.part,
  };
  return { auth: { identity, scope: { domain: { id: user.account.accountId } } } };
}

export function byTotp(user: TestUser, passcode: string) {
  return { method: 'totp', part: { totp: { user: { id: user.userId, passcode } } } };
}

export function byRecoveryCode(code: string) {
  return { method: 'recovery-code', part: { recovery_code: { code } } };
}

/** Logs in and answers the user with the token; the status is checked. */
export async function loginWith(
  app: FastifyInstance,
  user: TestUser,
  second?: { readonly method: string; readonly part: object },
): Promise<TestUser> {
  const response = await app.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    payload: loginBody(user, second),
  });
  assert.equal(response.statusCode, 201, response.body);
  return { ...user, token: String(response.headers['x-subject-token']) };
}

/** Tries to log in and answers why it was refused. */
export async function refusedLogin(
  app: FastifyInstance,
  user: TestUser,
  second?: { readonly method: string; readonly part: object },
): Promise<string> {
  const answer = await send<{ error: { message: string } }>(app, 401, {}, [
    'POST',
    '/v3/auth/tokens',
    loginBody(user, second),
  ]);
  return answer.error.message;
}
