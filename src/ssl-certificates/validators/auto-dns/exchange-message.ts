import { connect } from 'node:net';

/**
 * Asks a name server by TCP (RFC 1035 §4.2.2: the length goes before the message). Rejects where no whole answer comes in time, in words
 * for applicants, who are not to know where the operator's server is.
 */
export function exchangeMessage(
  server: { readonly host: string; readonly port: number },
  message: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...server, signal: AbortSignal.timeout(timeoutMs) });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    let received = Buffer.alloc(0);
    socket.on('connect', () => socket.write(Buffer.concat([length, message])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE();
      if (received.length < end) return;
      resolve(received.subarray(2, end));
      socket.destroy();
    });
    socket.on('error', (cause) => reject(new Error('the name server cannot be asked', { cause })));
    socket.on('close', () => reject(new Error('the name server did not answer')));
  });
}
