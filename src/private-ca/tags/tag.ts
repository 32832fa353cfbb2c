import { pcaError } from '../errors.ts';

export interface Tag {
  readonly key: string;
  /** Maybe empty. */
  readonly value: string;
}

/** A condition of a search: the resource has the key, with one of the values if there are any. */
export interface TagCondition {
  readonly key: string;
  readonly values: readonly string[];
}

/** Reference, table 4-344: a resource has at most so many; reference 4.2.4.1 and 4.2.4.6: so does a request. */
export const mostTags = 20;

const keyPattern = /^[\p{L}\p{N} _.:=+@-]{1,128}$/u;
// PCA-D120: a value may hold / wherever it stands.
const valuePattern = /^[\p{L}\p{N} _.:/=+@-]{0,255}$/u;

function incorrect(path: string, rule: string) {
  return pcaError('PCA.00020001', `${path} ${rule}.`);
}

function requireKey(key: string, path: string): void {
  if (!keyPattern.test(key))
    throw incorrect(path, 'has to be 1 to 128 letters, digits, spaces and characters of _.:=+-@');
}

function requireValue(value: string, path: string): void {
  if (!valuePattern.test(value))
    throw incorrect(path, 'has to be 0 to 255 letters, digits, spaces and characters of _.:/=+-@');
}

function requireUnique(texts: readonly string[], path: string): void {
  if (new Set(texts).size < texts.length) throw incorrect(path, 'names something twice');
}

/** PCA-D122: a value that is left out is the empty string. Throws PCA.00020001, naming the field under `path`. */
export function readTag(sent: { key: string; value?: string }, path: string): Tag {
  requireKey(sent.key, `${path}.key`);
  const value = sent.value ?? '';
  requireValue(value, `${path}.value`);
  return { key: sent.key, value };
}

/** Throws PCA.00020001. */
export function readTags(sent: readonly { key: string; value?: string }[]): Tag[] {
  return sent.map((tag, index) => readTag(tag, `tags[${index}]`));
}

/** As `readTags`; a key stands for one value, so it stands there once. */
export function readNewTags(sent: readonly { key: string; value?: string }[]): Tag[] {
  const tags = readTags(sent);
  requireUnique(
    tags.map(({ key }) => key),
    'tags',
  );
  return tags;
}

/** Reference 4.2.4.6: keys are unique, and so are the values of a key. Throws PCA.00020001. */
export function readConditions(sent: readonly TagCondition[]): readonly TagCondition[] {
  sent.forEach(({ key, values }, index) => {
    requireKey(key, `tags[${index}].key`);
    values.forEach((value, position) => {
      requireValue(value, `tags[${index}].values[${position}]`);
    });
    requireUnique(values, `tags[${index}].values`);
  });
  requireUnique(
    sent.map(({ key }) => key),
    'tags',
  );
  return sent;
}

/** PCA-D083: resource_name is the only field there is; part of the common name. Throws PCA.00020001. */
export function readMatches(sent: readonly { key: string; value?: string }[]): string | undefined {
  sent.forEach(({ key }, index) => {
    if (key !== 'resource_name') throw incorrect(`matches[${index}].key`, 'has to be resource_name');
  });
  if (sent.length > 1) throw incorrect('matches', 'names resource_name twice');
  // What has the empty string in it is everything.
  return sent[0]?.value || undefined;
}
