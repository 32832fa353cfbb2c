import assert from 'node:assert/strict';
import { path as authorityPath, create, rootBody, subject } from '../authorities/authorities.fixture.ts';
import { certificateBody, path as certificatePath } from '../certificates/certificates.fixture.ts';
import type { Answer, ApiError, BenchAccount } from '../private-ca.fixture.ts';

export interface TagBody {
  readonly key: string;
  readonly value?: string;
}

export interface FoundBody {
  readonly total_count: number;
  readonly resources: readonly {
    readonly resource_id: string;
    readonly resource_name: string;
    readonly resource_detail: Readonly<Record<string, unknown>>;
    readonly tags: readonly TagBody[];
  }[];
}

/** One of the two kinds of resources that have tags. */
export interface Kind {
  readonly name: string;
  readonly collection: string;
  readonly idName: string;
  /** What policies call it. */
  readonly action: 'ca' | 'cert';
  make(account: BenchAccount, commonName: string): Promise<string>;
}

const issuers = new WeakMap<BenchAccount, Promise<string>>();

export const kinds: readonly Kind[] = [
  {
    name: 'CAs',
    collection: authorityPath,
    idName: 'ca_id',
    action: 'ca',
    make: (account, commonName) =>
      create(account, { ...rootBody, distinguished_name: { ...subject, common_name: commonName } }),
  },
  {
    name: 'certificates',
    collection: certificatePath,
    idName: 'certificate_id',
    action: 'cert',
    async make(account, commonName) {
      const issuer = issuers.get(account) ?? create(account);
      issuers.set(account, issuer);
      const body = { ...certificateBody(await issuer), distinguished_name: { common_name: commonName } };
      const { body: answer } = await account.send<{ certificate_id: string }>('POST', certificatePath, body);
      return answer.certificate_id;
    },
  },
];

/** The fourteen operations of a kind, as one account calls them. */
export function tagClient(account: BenchAccount, { collection }: Kind) {
  const send = <Body = ApiError>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer<Body>> => account.send<Body>(method, `${collection}${path}`, body);
  return {
    send,
    createBatch: (id: string, tags: unknown) => send('POST', `/${id}/tags/create`, { tags }),
    deleteBatch: (id: string, tags: unknown) => send('DELETE', `/${id}/tags/delete`, { tags }),
    createOne: (id: string, tag: unknown) => send('POST', `/${id}/tags`, { tag }),
    async tagsOf(id: string): Promise<readonly TagBody[]> {
      const answer = await send<{ tags: TagBody[] }>('GET', `/${id}/tags`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body.tags;
    },
    async allTags(): Promise<readonly { key: string; values: string[] }[]> {
      const answer = await send<{ tags: { key: string; values: string[] }[] }>('GET', '/tags');
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body.tags;
    },
    async find(body?: object): Promise<FoundBody> {
      const answer = await send<FoundBody>('POST', '/resource-instances/filter', body);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    },
    async count(body?: object): Promise<number> {
      const answer = await send<{ total_count: number }>('POST', '/resource-instances/count', body);
      assert.deepEqual([answer.status, Object.keys(answer.body)], [200, ['total_count']]);
      return answer.body.total_count;
    },
  };
}

export const numbered = (count: number, name = 'key') =>
  Array.from({ length: count }, (_, index) => ({ key: `${name}${index}`, value: `value${index}` }));
