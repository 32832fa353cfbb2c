import { fitsGlob, fitsHostPattern } from './host-pattern.ts';
import { foldPort, isWebScheme, parseUri, type UriParts } from './uri.ts';

type UriTest = (uri: string) => boolean;

const withAuthority =
  /^([A-Za-z][A-Za-z0-9+.-]*|\*):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.*-]+)(?::(\d{1,5}|\*))?(\/[^?#\\]*)?$/;
const withoutAuthority = /^([A-Za-z][A-Za-z0-9+.-]*):(?!\/\/)([^?#\\]+)$/;

/**
 * Compiles `scheme://host[:port][/path]` or `scheme:path`; undefined for another form. Each part is compared with its own part:
 * the host label by label, the path segment by segment, where a last segment `*` is all that follows. Without a port the URI
 * must have the scheme's own. Nothing with user information, a query or a fragment fits; `*` alone fits everything.
 */
export function compileUriPattern(pattern: string): UriTest | undefined {
  if (pattern === '*') return () => true;
  const [, scheme, host, port, path = ''] = withAuthority.exec(pattern) ?? [];
  if (scheme !== undefined && host !== undefined) return hierarchical(scheme.toLowerCase(), host, port, path);
  const [, plainScheme, rest] = withoutAuthority.exec(pattern) ?? [];
  if (plainScheme === undefined || rest === undefined || isWebScheme(plainScheme.toLowerCase()))
    return undefined;
  return (text) => {
    const uri = plainParts(text);
    if (uri === undefined || uri.authority !== undefined || uri.scheme !== plainScheme.toLowerCase())
      return false;
    return fitsSegments(uri.path.split(/([:/])/), rest.split(/([:/])/), isUnreserved);
  };
}

function hierarchical(scheme: string, host: string, port: string | undefined, path: string): UriTest {
  const patternSegments = pathSegments(scheme, path);
  const fitsHost = host.startsWith('[')
    ? (actual: string) => actual === host.toLowerCase()
    : (actual: string) => !actual.startsWith('[') && fitsHostPattern(actual, host);
  return (text) => {
    const uri = plainParts(text);
    if (uri?.authority === undefined || uri.authority.hasUserInfo) return false;
    if (scheme !== '*' && uri.scheme !== scheme) return false;
    if (port !== '*' && uri.authority.port !== foldPort(uri.scheme, port)) return false;
    return fitsHost(uri.authority.host) && fitsSegments(pathSegments(uri.scheme, uri.path), patternSegments);
  };
}

function plainParts(text: string): UriParts | undefined {
  const uri = parseUri(text);
  if (uri === undefined || uri.hasQuery || uri.hasFragment) return undefined;
  // `.` and `..` name another path than they seem to.
  const isDotted = uri.path.split('/').some((segment) => /^\.{1,2}$/.test(foldEscapes(segment)));
  return isDotted ? undefined : uri;
}

/** RFC 3986 §6.2.3: of the web's schemes an absent path is `/`. */
function pathSegments(scheme: string, path: string): string[] {
  return (path === '' && (scheme === '*' || isWebScheme(scheme)) ? '/' : path).split('/');
}

/** RFC 3986 §6.2.2: escapes of unreserved characters are those characters, others have capital digits. */
function foldEscapes(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escaped) => {
    const decoded = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return isUnreserved(decoded) ? decoded : escaped.toUpperCase();
  });
}

function isUnreserved(text: string): boolean {
  return /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*$/.test(text);
}

function fitsSegments(
  segments: readonly string[],
  patterns: readonly string[],
  mayStandForAsterisk: (text: string) => boolean = () => true,
): boolean {
  return (
    patterns.every((pattern, index) => {
      const isLast = index === patterns.length - 1;
      const segment = segments[index];
      if (segment === undefined) return false;
      if (isLast && pattern === '*') return true;
      const actual = foldEscapes(segment);
      const expected = foldEscapes(pattern);
      if (!expected.includes('*')) return actual === expected;
      return fitsGlob(actual, expected) && mayStandForAsterisk(actual);
    }) &&
    (segments.length === patterns.length || patterns.at(-1) === '*')
  );
}
