/** As the rule is told to people. */
export const bucketNameRule =
  'has to be 3 to 63 lower-case letters, digits, hyphens and periods, with a letter or digit at both ends and around every period, and no IP address';

const bucketLabels = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const ipv4Address = /^\d+\.\d+\.\d+\.\d+$/;

/** The rule of OBS and S3, which makes every name a DNS name as well: a bucket may be a host of its own. */
export function isBucketName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && bucketLabels.test(name) && !ipv4Address.test(name);
}

const longestKeyBytes = 1024;
/** NAME_MAX of the usual file systems. */
const longestSegmentBytes = 255;
/** Cc: control characters. */
const forbidden = /[\p{Cc}\\]/u;

/**
 * Names that mean the same thing as an object of a service, as a path of files and in an address: segments between slashes,
 * none of them empty, `.` or `..`, without control characters and backslashes.
 */
export function isObjectKey(key: string): boolean {
  if (!key.isWellFormed() || forbidden.test(key) || Buffer.byteLength(key) > longestKeyBytes) return false;
  return key.split('/').every((segment) => {
    return !['', '.', '..'].includes(segment) && Buffer.byteLength(segment) <= longestSegmentBytes;
  });
}

/** The key as a path of an address, percent-encoded. */
export function encodeObjectKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
