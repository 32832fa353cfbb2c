import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { MalformedError, nameToString, parseCertificate } from '../../pki/index.ts';
import { type Outbound, OutboundFailed } from '../../platform/outbound/index.ts';

export interface ProbedPlace {
  readonly host: string;
  readonly port: number;
  /** Sent as SNI, and compared with the names of the certificate; empty for an IP address. */
  readonly serverName: string;
}

/** What is served there. */
export interface ServedCertificate {
  readonly kind: 'served';
  readonly certificateDer: Uint8Array;
  /** SHA-1, 40 lower-case hexadecimal digits, as of certificates that are kept here. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly notAfterMs: number;
  /** `trusted`, or why clients that trust the public CAs refuse it, as OpenSSL names it. */
  readonly verdict: string;
}

export interface FailedProbe {
  readonly kind: 'failed';
  /** For the user: nothing in it is from the other side. */
  readonly reason: string;
}

const handshakeMs = 5_000;
/** Of a host with many addresses that do not answer, only so many are tried. */
const mostAddresses = 3;

/** Looks what certificate is served, whoever issued it. Throws OutboundRefused for an address that is not connected to. */
export async function probeEndpoint(
  outbound: Pick<Outbound, 'addresses'>,
  place: ProbedPlace,
): Promise<ServedCertificate | FailedProbe> {
  let addresses: readonly string[];
  try {
    addresses = await outbound.addresses(place.host);
  } catch (error) {
    if (error instanceof OutboundFailed) return { kind: 'failed', reason: error.message };
    throw error;
  }
  let outcome: ServedCertificate | FailedProbe = { kind: 'failed', reason: 'The host has no address.' };
  for (const address of addresses.slice(0, mostAddresses)) {
    outcome = await probeAddress(address, place);
    if (outcome.kind === 'served') return outcome;
  }
  return outcome;
}

/** The address is the one that was judged: a name is not asked for again, since the answer may be another. */
function probeAddress(
  address: string,
  { port, serverName }: ProbedPlace,
): Promise<ServedCertificate | FailedProbe> {
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      rejectUnauthorized: false,
      ...(serverName !== '' && isIP(serverName) === 0 && { servername: serverName }),
    });
    const end = (outcome: ServedCertificate | FailedProbe) => {
      clearTimeout(patience);
      // What ends the handshake is sent first: servers complain of those who leave in the middle.
      if (outcome.kind === 'served') socket.destroySoon();
      else socket.destroy();
      resolve(outcome);
    };
    // From the first packet to the last: a server that sends a byte now and then ends no idle timeout.
    const patience = setTimeout(
      () => end({ kind: 'failed', reason: 'There was no TLS handshake within 5 seconds.' }),
      handshakeMs,
    );
    socket.once('secureConnect', () => end(readServed(socket)));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ kind: 'failed', reason: reasonOf(error.code) }),
    );
    socket.once('close', () => end({ kind: 'failed', reason: 'The connection was closed.' }));
  });
}

/** Texts of our own: those of the TLS library may quote what the other side sent. */
function reasonOf(code: string | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'The connection was refused.';
    case 'ECONNRESET':
      return 'The connection was closed.';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'There is no way to the host.';
    case 'ETIMEDOUT':
      return 'The host did not answer.';
    default:
      return 'No TLS is spoken there, or none that is secure enough.';
  }
}

function readServed(socket: TLSSocket): ServedCertificate | FailedProbe {
  const { raw } = socket.getPeerCertificate();
  if (raw === undefined) return { kind: 'failed', reason: 'No certificate was sent.' };
  // A string, whatever the type says.
  const problem: unknown = socket.authorizationError;
  try {
    const { subject, notAfterMs } = parseCertificate(raw);
    return {
      kind: 'served',
      certificateDer: raw,
      fingerprint: createHash('sha1').update(raw).digest('hex'),
      subject: nameToString(subject),
      notAfterMs,
      verdict: socket.authorized ? 'trusted' : verdictOf(problem),
    };
  } catch (error) {
    if (error instanceof MalformedError)
      return { kind: 'failed', reason: 'The certificate that was sent cannot be read.' };
    throw error;
  }
}

function verdictOf(problem: unknown): string {
  const text = problem instanceof Error && 'code' in problem ? problem.code : problem;
  return typeof text === 'string' && /^[A-Z0-9_]+$/.test(text) ? text : 'UNTRUSTED';
}
