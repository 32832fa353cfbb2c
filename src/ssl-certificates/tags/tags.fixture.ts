import assert from 'node:assert/strict';
import type { ApiError, InjectedAccount } from '../../../test/support/injected-accounts.ts';

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

/** The five operations, as one account calls them. */
export function tagClient(account: InjectedAccount) {
  const search = (body: object) => account.send<ApiError>('POST', '/v3/scm/resource_instances/action', body);
  const done = async <Body>(sent: Promise<{ status: number; body: unknown }>): Promise<Body> => {
    const { status, body } = await sent;
    assert.equal(status, 200, JSON.stringify(body));
    return body as Body;
  };
  return {
    search,
    create: (id: string, tag: unknown) => account.send('POST', `/v3/scm/${id}/tags`, { tag }),
    batch: (id: string, action: unknown, tags: unknown) =>
      account.send('POST', `/v3/scm/${id}/tags/action`, { action, tags }),
    list: (id: string) => account.send('GET', `/v3/scm/${id}/tags`),
    tagsOf: async (id: string) =>
      (await done<{ tags: TagBody[] }>(account.send('GET', `/v3/scm/${id}/tags`))).tags,
    allTags: async () =>
      (await done<{ tags: { key: string; values: string[] }[] }>(account.send('GET', '/v3/scm/tags'))).tags,
    find: (body: object = {}) => done<FoundBody>(search({ action: 'filter', ...body })),
    async count(body: object = {}): Promise<number> {
      const answer = await done<{ total_count: number }>(search({ action: 'count', ...body }));
      assert.deepEqual(Object.keys(answer), ['total_count']);
      return answer.total_count;
    },
  };
}

export const numbered = (count: number, name = 'key') =>
  Array.from({ length: count }, (_, index) => ({ key: `${name}${index}`, value: `value${index}` }));

export function assertRefused(
  { status, body }: { readonly status: number; readonly body: ApiError },
  expectedStatus: number,
  code: string,
  text: RegExp = /./,
): void {
  assert.deepEqual([status, body.error_code], [expectedStatus, code], JSON.stringify(body));
  assert.match(body.error_msg, text);
}
