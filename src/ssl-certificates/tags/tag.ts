import { scmError } from '../errors.ts';
import type { Tag } from './tag-store.ts';

/** As it is sent: a key or value that is left out is the empty text, as is null. */
export interface SentTag {
  readonly key: string;
  readonly value?: string | null;
}

/** As it is sent: clients leave out what is empty. */
export interface SentCondition {
  readonly key: string;
  readonly values?: readonly string[];
}

/** A condition of a search: the certificate has the key, with one of the values if there are any. */
export interface TagCondition {
  readonly key: string;
  readonly values: readonly string[];
}

/** A certificate has at most so many; a request names at most so many keys, and so many values of a key. */
export const mostTags = 20;

const longestKey = 128;
const longestValue = 255;
const keyPattern = /^[\p{L}\p{N} _.:=+@-]*$/u;
// The characters of ScsMatch, which has one more than ScsTag: what may be searched for may be written.
const valuePattern = /^[\p{L}\p{N} _.:/=+@-]*$/u;

function requireKey(key: string, path: string): void {
  if (key.length < 1 || key.length > longestKey)
    throw scmError('SCM.0310', `${path} has to be 1 to ${longestKey} characters long.`);
  if (!keyPattern.test(key))
    throw scmError('SCM.0306', `${path} has to consist of letters, digits, spaces and _.:=+-@`);
}

function requireValue(value: string, path: string): void {
  if (value.length > longestValue)
    throw scmError('SCM.0309', `${path} has to be at most ${longestValue} characters long.`);
  if (!valuePattern.test(value))
    throw scmError('SCM.0305', `${path} has to consist of letters, digits, spaces and _.:/=+-@`);
}

function isUnique(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

/** Throws SCM.0305, SCM.0306, SCM.0309, SCM.0310, naming the field under `path`. */
export function readTag(sent: SentTag, path: string): Tag {
  requireKey(sent.key, `${path}.key`);
  const value = sent.value ?? '';
  requireValue(value, `${path}.value`);
  return { key: sent.key, value };
}

/** Throws as `readTag`, and SCM.0313 for none, more than 20, or a key that stands there twice. */
export function readTags(sent: readonly SentTag[]): Tag[] {
  if (sent.length < 1 || sent.length > mostTags)
    throw scmError('SCM.0313', `tags has to name 1 to ${mostTags} tags.`);
  const tags = sent.map((tag, index) => readTag(tag, `tags[${index}]`));
  if (!isUnique(tags.map(({ key }) => key))) throw scmError('SCM.0313', 'tags names a key twice.');
  return tags;
}

/** Conditions of a search, under the name of their list. Throws as `readTag`; SCM.0311 for the keys, SCM.0312 for the values of one. */
export function readConditions(sent: readonly SentCondition[], list: string): readonly TagCondition[] {
  if (sent.length > mostTags) throw scmError('SCM.0311', `${list} has to name at most ${mostTags} keys.`);
  const conditions = sent.map(({ key, values = [] }, index) => {
    const path = `${list}[${index}]`;
    requireKey(key, `${path}.key`);
    if (values.length > mostTags)
      throw scmError('SCM.0312', `${path}.values has to name at most ${mostTags} values.`);
    if (!isUnique(values)) throw scmError('SCM.0312', `${path}.values names a value twice.`);
    values.forEach((value, position) => {
      requireValue(value, `${path}.values[${position}]`);
    });
    return { key, values };
  });
  if (!isUnique(sent.map(({ key }) => key))) throw scmError('SCM.0311', `${list} names a key twice.`);
  return conditions;
}

/** What is searched for beside tags. */
export interface Matches {
  /** Part of the certificate's name, in any case. */
  readonly name?: string;
  readonly certificateId?: string;
}

const certificateIdLength = 16;

/** Throws SCM.0303 for a key that is not in the dictionary or stands there twice, SCM.0314 for what cannot be an id. */
export function readMatches(sent: readonly SentTag[]): Matches {
  if (!isUnique(sent.map(({ key }) => key))) throw scmError('SCM.0303', 'matches names a key twice.');
  let matches: Matches = {};
  sent.forEach(({ key, value }, index) => {
    if (key === 'resource_name') {
      // What has the empty text in it is everything.
      if (value) matches = { ...matches, name: value };
    } else if (key === 'resource_id') {
      if (value?.length !== certificateIdLength)
        throw scmError('SCM.0314', `matches[${index}].value has to be a certificate id.`);
      matches = { ...matches, certificateId: value };
    } else throw scmError('SCM.0303', `matches[${index}].key has to be resource_name or resource_id.`);
  });
  return matches;
}

const pageSizes: readonly number[] = [10, 20, 50];

/** Throws SCM.0318, SCM.0319. 10 from the first if nothing is sent. */
export function readPage(sent: {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}): {
  readonly limit: number;
  readonly offset: number;
} {
  const { limit = 10, offset = 0 } = sent;
  if (!pageSizes.includes(limit)) throw scmError('SCM.0318', `limit has to be ${pageSizes.join(', ')}.`);
  if (offset < 0) throw scmError('SCM.0319', 'offset has to be 0 or more.');
  return { limit, offset };
}
