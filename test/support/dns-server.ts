import { createSocket, type RemoteInfo } from 'node:dgram';
import { type Answer, decode, encode, type Question } from 'dns-packet';

/** `silence`: the question is not answered at all. A number is the RCODE of an answer without records. */
export type DnsReply = readonly Answer[] | number | 'silence';

export const nameError = 3;
export const serverFailure = 2;

export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** As `TYPE name`, in the order they came. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A DNS server on a free port of 127.0.0.1 that says what `reply` says; an empty list is an answer without data. */
export async function startDnsServer(reply: (question: Question) => DnsReply): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message: Buffer, { address, port }: RemoteInfo) => {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    if (id === undefined || question === undefined) return;
    asked.push(`${question.type} ${question.name}`);
    const result = reply(question);
    if (result === 'silence') return;
    const [answers, code] = typeof result === 'number' ? [[], result] : [[...result], 0];
    // The RCODE is the last four bits of the flags (RFC 1035 4.1.1).
    socket.send(encode({ type: 'response', id, flags: 0x0180 | code, questions, answers }), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
