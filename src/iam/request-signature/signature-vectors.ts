/** Computed with the vendor's signer; the access key is AKIDEXAMPLE0000TEST1. */
export interface SignatureVector {
  readonly name: string;
  readonly method: string;
  readonly wireUri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly canonicalRequest: string;
  readonly canonicalRequestHash: string;
  readonly authorization: string;
}

export const vectorSecret = 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY';

export const signatureVectors: readonly SignatureVector[] = [
  {
    name: 'GET without query',
    method: 'GET',
    wireUri: '/v3/scm/certificates/scs1590053258704',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      'x-domain-id': '65382450e8f64ac0870cd180d14e684b',
      host: 'scm.example.test',
    },
    body: '',
    canonicalRequest:
      'GET\n/v3/scm/certificates/scs1590053258704/\n\ncontent-type:application/json\nhost:scm.example.test\nx-domain-id:65382450e8f64ac0870cd180d14e684b\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-domain-id;x-sdk-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    canonicalRequestHash: 'f141d10618847904e6d6f47b76b8e2cd60b3bfd97d17387028fa7681abcd6ffb',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-domain-id;x-sdk-date, Signature=b9f75b518e0cd459ab34ea6517f1b641f5e298e146a17ee1e728d4a8fb3ca7ac',
  },
  {
    name: 'GET unsorted query, special characters',
    method: 'GET',
    wireUri:
      '/v3/scm/certificates?content=%2A.%E6%B5%8B%E8%AF%95%20a%2Bb%2Fc~d%3De%26f&deploy_support=true&limit=10&offset=0&sort_key=certUpdateTime&status=ALL',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      'x-domain-id': '65382450e8f64ac0870cd180d14e684b',
      host: 'scm.example.test',
    },
    body: '',
    canonicalRequest:
      'GET\n/v3/scm/certificates/\ncontent=%2A.%E6%B5%8B%E8%AF%95%20a%2Bb%2Fc~d%3De%26f&deploy_support=true&limit=10&offset=0&sort_key=certUpdateTime&status=ALL\ncontent-type:application/json\nhost:scm.example.test\nx-domain-id:65382450e8f64ac0870cd180d14e684b\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-domain-id;x-sdk-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    canonicalRequestHash: 'bafcd49bd14089a1ccb0ac9e31275513c8612d85cbb20680557957d105f5472a',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-domain-id;x-sdk-date, Signature=9feefff2b0647cc770be274019030b2a22c46dccb83dbee0b127371bdb3e8589',
  },
  {
    name: 'POST JSON UTF-8 body',
    method: 'POST',
    wireUri: '/v3/scm/certificates/scs1590053258704/apply',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      'x-domain-id': '65382450e8f64ac0870cd180d14e684b',
      'x-security-token': 'STS-TOKEN-EXAMPLE',
      'user-agent': 'contract-test/1.0',
      host: 'scm.example.test',
    },
    body: '{"domain":"www.例子.test","applicant_name":"张三 Zhang","agree_privacy_protection":true,"domain_method":"DNS"}',
    canonicalRequest:
      'POST\n/v3/scm/certificates/scs1590053258704/apply/\n\ncontent-type:application/json\nhost:scm.example.test\nuser-agent:contract-test/1.0\nx-domain-id:65382450e8f64ac0870cd180d14e684b\nx-sdk-date:20251128T093000Z\nx-security-token:STS-TOKEN-EXAMPLE\n\ncontent-type;host;user-agent;x-domain-id;x-sdk-date;x-security-token\n8254533ca046043d8dcd60d677b1b0a8d24cf3e7bd046aba6114face1b93b9ab',
    canonicalRequestHash: '001e25e8aec2502c2a185fae29e151417114335c3424e85ead1cc29773bcb399',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;user-agent;x-domain-id;x-sdk-date;x-security-token, Signature=cbe555c58c68eb6244bb72ae4fbeef6102e75053be6e70b7a56561514ca50ce5',
  },
  {
    name: 'DELETE with a body',
    method: 'DELETE',
    wireUri: '/v3/scm/certificates/scs1590053258704',
    headers: {
      'content-type': 'application/json;charset=UTF-8',
      'x-sdk-date': '20251128T093000Z',
      'x-project-id': 'a4a5d4098fb4474fa22cd05f897d6b99',
      host: 'scm.example.test',
    },
    body: '{"reason":"expired"}',
    canonicalRequest:
      'DELETE\n/v3/scm/certificates/scs1590053258704/\n\ncontent-type:application/json;charset=UTF-8\nhost:scm.example.test\nx-project-id:a4a5d4098fb4474fa22cd05f897d6b99\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-project-id;x-sdk-date\n5aad2051a31d185ce03b83fdbe340d8cd9390babcac7ce53f63a36a3ae099203',
    canonicalRequestHash: 'c8b99af3ed2e66eb06f9d1bc90dd0b57c513f60daa58c1e3e97b69b6e2616f9f',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=77cd1c8307f9ce0c1318748e43cb72eeb19ac755f6ec64cf3ed88b2941d7f694',
  },
  {
    name: 'path with special characters',
    method: 'GET',
    wireUri: '/v3/scm/a%20b%2Fc/%E6%B5%8B%E8%AF%95~x!(y)*/tags',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      host: 'scm.example.test',
    },
    body: '',
    canonicalRequest:
      'GET\n/v3/scm/a%20b/c/%E6%B5%8B%E8%AF%95~x%21%28y%29%2A/tags/\n\ncontent-type:application/json\nhost:scm.example.test\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-sdk-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    canonicalRequestHash: '3fe60fb56539c80341bc0b364c845391d26545695d8f70233bae624bf8883106',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-sdk-date, Signature=13a590e84db4dca18401ec6957240b8430d109ff0970a0ab720cd88ac9cc138b',
  },
  {
    name: 'non-JSON body: UNSIGNED-PAYLOAD',
    method: 'POST',
    wireUri: '/v3/scm/certificates/import',
    headers: {
      'content-type': 'text/plain',
      'x-sdk-date': '20251128T093000Z',
      host: 'scm.example.test',
      'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD',
    },
    body: 'hello',
    canonicalRequest:
      'POST\n/v3/scm/certificates/import/\n\ncontent-type:text/plain\nhost:scm.example.test\nx-sdk-content-sha256:UNSIGNED-PAYLOAD\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-sdk-content-sha256;x-sdk-date\nUNSIGNED-PAYLOAD',
    canonicalRequestHash: '79823e7856c1e722b25ba915026c3ee7d31a9f4cfc9da2c1a0b9c4360b41678e',
    authorization:
      'SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-sdk-content-sha256;x-sdk-date, Signature=bba573bf98e78a79ec746346dce4d06f335210ace4e9651c1ba28d0b29a9b796',
  },
  {
    name: 'V11 derived, same request as vector 1',
    method: 'GET',
    wireUri: '/v3/scm/certificates/scs1590053258704',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      'x-domain-id': '65382450e8f64ac0870cd180d14e684b',
      host: 'scm.example.test',
    },
    body: '',
    canonicalRequest:
      'GET\n/v3/scm/certificates/scs1590053258704/\n\ncontent-type:application/json\nhost:scm.example.test\nx-domain-id:65382450e8f64ac0870cd180d14e684b\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-domain-id;x-sdk-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    canonicalRequestHash: 'f141d10618847904e6d6f47b76b8e2cd60b3bfd97d17387028fa7681abcd6ffb',
    authorization:
      'V11-HMAC-SHA256 Credential=AKIDEXAMPLE0000TEST1/20251128/globe/scm, SignedHeaders=content-type;host;x-domain-id;x-sdk-date, Signature=59bd32b3f1e3eeaf5f1cbdf24e5345c0c7dfdb5ea6d6e2813700e19d778481de',
  },
  {
    name: 'SM3, same request as vector 1',
    method: 'GET',
    wireUri: '/v3/scm/certificates/scs1590053258704',
    headers: {
      'content-type': 'application/json',
      'x-sdk-date': '20251128T093000Z',
      'x-domain-id': '65382450e8f64ac0870cd180d14e684b',
      host: 'scm.example.test',
    },
    body: '',
    canonicalRequest:
      'GET\n/v3/scm/certificates/scs1590053258704/\n\ncontent-type:application/json\nhost:scm.example.test\nx-domain-id:65382450e8f64ac0870cd180d14e684b\nx-sdk-date:20251128T093000Z\n\ncontent-type;host;x-domain-id;x-sdk-date\n1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b',
    canonicalRequestHash: '09f5ca8cde7aedb23830e609a02510e3029bd51c3b065b0ec511266f80f119cc',
    authorization:
      'SDK-HMAC-SM3 Access=AKIDEXAMPLE0000TEST1, SignedHeaders=content-type;host;x-domain-id;x-sdk-date, Signature=9f23df64d8fd442702f3d675d0d4e482cda30afd886e2fee0c451f8e51003a69',
  },
];
