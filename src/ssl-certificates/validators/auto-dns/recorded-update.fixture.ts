import type { TsigKey } from './tsig.ts';

/** What was sent to BIND 9.18 and what it answered, when the text `value` was added at `_dnsauth.example.test`. */
export interface RecordedUpdate {
  readonly nowMs: number;
  readonly request: Buffer;
  readonly answer: Buffer;
}

export const recordedKey: TsigKey = {
  name: 'ccm.example.test',
  algorithm: 'hmac-sha256',
  secret: Buffer.alloc(32, 7),
};

/** Both octets of every recorded message's id. */
export const recordedIdOctet = 0x5a;

const recordedAt = 1_795_305_369_000;
const lengthOctets = 2;
const fromHex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex').subarray(lengthOctets);
const zoneSection = '076578616d706c6504746573740000060001';
const unsigned = `2800 0001 0001 0001 0001 ${zoneSection}
  085f646e7361757468076578616d706c6504746573740000 0500fe000000000000
  085f646e7361757468076578616d706c6504746573740000 1000010000003c0006 0576616c7565`;
const tsigHead = '0363636d076578616d706c650474657374 0000fa00ff00000000';
const algorithm = '0b686d61632d73686132353600';

export const accepted: RecordedUpdate = {
  nowMs: recordedAt,
  request: fromHex(`00bf 5a5a ${unsigned} ${tsigHead} 003d ${algorithm} 00006b022f99 012c 0020
    28fc779f609f7e389ef295d21757f777689929769ba58c7dcb363a0d0cfec50b 5a5a 0000 0000`),
  answer:
    fromHex(`0077 5a5a a800 0001 0000 0000 0001 ${zoneSection} ${tsigHead} 003d ${algorithm} 00006b022f99 012c 0020
    c7c87bd660e05d904af8c48df47fa3c6e1023865bc5d6af15fc367f1fa31467b 5a5a 0000 0000`),
};

/** BIND had another secret. */
export const badSignature: RecordedUpdate = {
  nowMs: recordedAt,
  request: accepted.request,
  answer:
    fromHex(`0057 5a5a a809 0001 0000 0000 0001 ${zoneSection} ${tsigHead} 001d ${algorithm} 00006b022f99 012c 0000
    5a5a 0010 0000`),
};

/** Our clock was an hour behind. */
export const badTime: RecordedUpdate = {
  nowMs: recordedAt - 3_600_000,
  request: fromHex(`00bf 5a5a ${unsigned} ${tsigHead} 003d ${algorithm} 00006b022189 012c 0020
    20d76ffd4e50b3cf9845412cc83f89e73bb1547459f899b5a5c4733ae6adc5bf 5a5a 0000 0000`),
  answer:
    fromHex(`007d 5a5a a809 0001 0000 0000 0001 ${zoneSection} ${tsigHead} 0043 ${algorithm} 00006b022189 012c 0020
    0437650623133a8af9f00ebc39a9c404d8f24df72d4c8f8ecda45aab0612ecb0 5a5a 0012 0006 00006b022f99`),
};
