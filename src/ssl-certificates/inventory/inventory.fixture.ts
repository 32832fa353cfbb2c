import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import {
  encodePem,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  newSerialNumber,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import { type Outbound, OutboundFailed } from '../../platform/outbound/index.ts';
import { systemRandom } from '../../platform/random.ts';

/** A certificate that nobody should trust. */
export async function selfSigned(name: string, notAfterMs: number) {
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair('EC256');
  const subject = nameFromAttributes({ commonName: name, organization: 'Example' });
  const certificateDer = await issueCertificate({
    serialNumber: newSerialNumber(systemRandom.bytes),
    issuer: subject,
    subject,
    notBeforeMs: Date.UTC(2020, 0, 1),
    notAfterMs,
    subjectPublicKeySpki: publicKeySpki,
    extensions: [subjectAlternativeNameExtension([{ type: 'DNS', value: name }])],
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer: signerFromPkcs8(privateKeyPkcs8),
  });
  return {
    certificateDer,
    cert: encodePem('CERTIFICATE', certificateDer),
    key: encodePem('PRIVATE KEY', privateKeyPkcs8),
  };
}

type Credentials = Awaited<ReturnType<typeof selfSigned>>;

const closings: (() => Promise<void>)[] = [];
// At the end of the file: a hook that a test registers runs at the end of that test, or of the hook that it stands in.
after(() => Promise.all(closings.map((close) => close())));

/** A TLS server on a free port of 127.0.0.1; `serve` gives it another certificate. */
export async function tlsServer(credentials: Credentials) {
  const names: string[] = [];
  const SNICallback = (name: string, answer: (error: null) => void) => {
    names.push(name);
    answer(null);
  };
  const server = createTlsServer({ ...pems(credentials), SNICallback }, (socket: TLSSocket) => {
    socket.on('error', () => {});
    socket.end();
  });
  server.on('tlsClientError', () => {});
  const { port, close } = await listening(server);
  return {
    port,
    close,
    /** SNI of those who came. */
    names,
    serve: (other: Credentials) => server.setSecureContext(pems(other)),
  };
}

const pems = ({ cert, key }: Credentials) => ({ cert, key });

/** A server that says something else than TLS to everybody, and counts them. */
export async function tcpServer(greet: (socket: Socket) => void) {
  const counted = { connections: 0 };
  const server = createTcpServer((socket) => {
    counted.connections += 1;
    socket.on('error', () => {});
    greet(socket);
  });
  return { counted, port: (await listening(server)).port };
}

async function listening(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  closings.push(close);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close };
}

/** Every name of example.test is at 127.0.0.1, which is allowed; no other name has an address. */
export function localOutbound(): Outbound & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async addresses(host) {
      asked.push(host);
      if (host.endsWith('.example.test') || host === '127.0.0.1') return ['127.0.0.1'];
      throw new OutboundFailed(`${host} was not found.`);
    },
    request: () => Promise.reject(new Error('only addresses were expected')),
    lookup: () => {
      throw new Error('only addresses were expected');
    },
  };
}
