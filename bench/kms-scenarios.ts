import { createHash } from 'node:crypto';
import { type ApiClient, signIn } from '../test/support/api-client.ts';
import type { RunningServer } from '../test/support/server.ts';
import { type Load, measure } from './load.ts';
import type { Report } from './report.ts';

const connections = 32;
const message = Buffer.from('a message of some forty bytes, as in tokens');
const digest = createHash('sha256').update(message).digest();

interface Operation {
  readonly name: string;
  readonly path: string;
  readonly body: object;
}

/** What applications ask of keys all day: data, data keys, signatures and MACs. */
export async function benchKeys(report: Report, server: RunningServer, seconds: number) {
  const api = await signIn(server);
  const kms = `/v1.0/${server.bootstrap.project_id}/kms`;
  const operations = await prepareOperations(api, kms);
  api.close();
  const headers = { 'x-auth-token': api.token ?? '' };
  report.section('keys: cryptographic operations, authorised; they write nothing');
  for (const { name, path, body } of operations) {
    const load: Load = { url: '', method: 'POST', headers, body: JSON.stringify(body), connections, seconds };
    const url = `${kms}/${path}`;
    report.add(await measure(`${name}, HTTP`, { ...load, url: server.httpUrl + url }));
    if (path !== 'encrypt-data' && path !== 'sign') continue;
    const secure = { ...load, url: server.httpsUrl + url, caFile: server.caFile };
    report.add(await measure(`${name}, HTTPS`, secure));
  }
}

async function prepareOperations(api: ApiClient, kms: string): Promise<Operation[]> {
  const post = <Result>(path: string, body: object) => api.call<Result>('POST', `${kms}/${path}`, body);
  const createKey = async (spec: string, usage: string): Promise<string> => {
    const fields = { key_alias: `bench-${spec}`, key_spec: spec, key_usage: usage };
    return (await post<{ key_info: { key_id: string } }>('create-key', fields)).key_info.key_id;
  };
  const aes = { key_id: await createKey('AES_256', 'ENCRYPT_DECRYPT') };
  const { cipher_text } = await post<{ cipher_text: string }>('encrypt-data', {
    ...aes,
    plain_text: 'bench',
  });
  const ec = { key_id: await createKey('EC_P256', 'SIGN_VERIFY'), signing_algorithm: 'ECDSA_SHA_256' };
  const rsa = { key_id: await createKey('RSA_2048', 'SIGN_VERIFY'), signing_algorithm: 'RSASSA_PSS_SHA_256' };
  const hmac = { key_id: await createKey('HMAC_256', 'GENERATE_VERIFY_MAC'), mac_algorithm: 'HMAC_SHA_256' };
  const raw = { message: message.toString('base64'), message_type: 'RAW' };
  const digested = { message: digest.toString('base64'), message_type: 'DIGEST' };
  const operations: Operation[] = [
    { name: 'encrypt-data', path: 'encrypt-data', body: { ...aes, plain_text: message.toString() } },
    { name: 'decrypt-data', path: 'decrypt-data', body: { cipher_text } },
    { name: 'create-datakey', path: 'create-datakey', body: { ...aes, datakey_length: '256' } },
    { name: 'generate-mac', path: 'generate-mac', body: { ...hmac, message: raw.message } },
  ];
  for (const [name, key] of [
    ['P-256', ec],
    ['RSA-2048', rsa],
  ] as const)
    for (const signed of [raw, digested]) {
      const body = { ...key, ...signed };
      const { signature } = await post<{ signature: string }>('sign', body);
      const what = `${name} ${signed.message_type}`;
      operations.push({ name: `sign ${what}`, path: 'sign', body });
      operations.push({ name: `verify ${what}`, path: 'verify', body: { ...body, signature } });
    }
  return operations;
}
