import { reasonOf } from './errors.ts';

/** The result of a check of stored things. */
export interface Verification {
  /** Such as `private keys`. */
  readonly subject: string;
  readonly checked: number;
  /** One for each thing that is wrong, naming it; no secrets. */
  readonly problems: readonly string[];
}

/** Checks everything in the pages; a check that throws is a problem of the thing it was about. */
export async function verifyAll<Item>(
  subject: string,
  pages: AsyncIterable<readonly Item[]>,
  nameOf: (item: Item) => string,
  check: (item: Item) => Promise<void>,
): Promise<Verification> {
  const problems: string[] = [];
  let checked = 0;
  for await (const page of pages)
    for (const item of page) {
      checked += 1;
      try {
        await check(item);
      } catch (error) {
        problems.push(`${nameOf(item)}: ${reasonOf(error)}`);
      }
    }
  return { subject, checked, problems };
}

/** Reads page after page, each from the last item of the one before, until one is empty. */
export async function* pagesOf<Item>(
  read: (after: Item | undefined) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  for (let page = await read(undefined); page.length > 0; page = await read(page.at(-1))) yield page;
}
