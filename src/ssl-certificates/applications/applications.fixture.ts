import {
  basicConstraintsExtension,
  generateKeyPair,
  issueCertificate,
  nameFromAttributes,
  newSerialNumber,
  parseCsr,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import type { Database } from '../../platform/db/index.ts';
import { OutboundRefused } from '../../platform/outbound/index.ts';
import { systemRandom } from '../../platform/random.ts';
import {
  findCertificate,
  insertCertificate,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import { blankCertificate } from '../certificates/new-certificate.ts';
import type { CertificateApplication, Challenge, Issuance, Issuer } from '../issuers/issuer.ts';
import { type Bench, type BenchOutside, testNowMs } from '../ssl-certificates.fixture.ts';
import type { Verdict } from '../validators/validator.ts';

type Effect = 'begin' | 'issue' | 'abandon' | 'revoke' | 'check' | 'publish' | 'withdraw' | 'mail';

const dayMs = 86_400_000;

/** An issuer and validators that do as the test says, and what they were asked. */
export interface World {
  readonly outside: BenchOutside;
  /** In order, as `issue www.example.com`. */
  readonly effects: string[];
  /** What cannot be reached. */
  readonly down: Set<Effect>;
  readonly mails: { readonly challenge: Challenge; readonly token: string }[];
  /** Records that are in the DNS, or files that are served: their values. */
  readonly records: Set<string>;
  /** What the issuer has to say of the organisation of its requests. */
  readonly requests: CertificateApplication[];
  settings: {
    /** Instead of a certificate. */
    issuance?: (request: CertificateApplication, state: string) => Promise<Issuance> | Issuance;
    /** Instead of challenges. */
    refusal?: string;
    methods: Issuer['methods'];
    canPublish: boolean;
    /** Of every challenge, instead of a new one each time. */
    recordValue?: string;
    looksItself?: true;
    verdict?: Verdict | (() => Verdict);
  };
  /** A certificate as applied for, but for what is given. */
  certify(request: CertificateApplication, other?: CertifiedOtherwise): Promise<Issuance>;
  /** Back to the beginning. */
  reset(): void;
}

export interface CertifiedOtherwise {
  readonly names?: readonly string[];
  readonly spki?: Uint8Array;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly chainDer?: readonly Uint8Array[];
}

const settingsAtFirst: World['settings'] = { methods: ['DNS', 'FILE', 'EMAIL'], canPublish: true };

export async function createWorld(): Promise<World> {
  const authority = await createAuthority();
  let sequence = 0;
  const world: Omit<World, 'outside'> = {
    effects: [],
    down: new Set(),
    mails: [],
    records: new Set(),
    requests: [],
    settings: { ...settingsAtFirst },
    certify: authority,
    reset() {
      world.effects.length = 0;
      world.mails.length = 0;
      world.requests.length = 0;
      world.down.clear();
      world.records.clear();
      world.settings = { ...settingsAtFirst };
    },
  };
  const effect = (name: Effect, about: string) => {
    world.effects.push(`${name} ${about}`);
    if (world.down.has(name)) throw new Error(`${name} is down`);
  };
  const issuer: Issuer = {
    get methods() {
      return world.settings.methods;
    },
    get looksItself() {
      return world.settings.looksItself as true;
    },
    async begin(request) {
      effect('begin', request.names[0]!);
      world.requests.push(request);
      const { refusal: reason } = world.settings;
      if (reason !== undefined) return { kind: 'refused', reason };
      sequence += 1;
      const { recordValue } = world.settings;
      const challenges = request.names
        .map(challengeFor(request, sequence))
        .map((challenge) => (recordValue === undefined ? challenge : { ...challenge, recordValue }));
      return { state: `begun ${sequence}`, challenges };
    },
    async issue(request, state) {
      effect('issue', request.names[0]!);
      return (await world.settings.issuance?.(request, state)) ?? authority(request);
    },
    abandon: async (request, state) => effect('abandon', `${request.names[0]} ${state}`),
    async revoke({ reference }, reason) {
      effect('revoke', `${reference} ${reason}`);
      return undefined;
    },
  };
  const outside: BenchOutside = {
    issuers: {
      chosen: () => ({ name: 'test', issuer }),
      named: (name) => (name === 'test' ? issuer : undefined),
    },
    validators: {
      async check(challenge) {
        effect('check', challenge.domain);
        const { verdict } = world.settings;
        if (verdict) return typeof verdict === 'function' ? verdict() : verdict;
        return world.records.has(challenge.recordValue)
          ? { kind: 'found' }
          : { kind: 'absent', reason: `${challenge.recordName} is not there.` };
      },
      isPrevalidated: (_accountId, domain) => domain.endsWith('.prevalidated.test'),
      canPublish: () => world.settings.canPublish,
      async publish({ domain, recordValue }) {
        effect('publish', domain);
        world.records.add(recordValue);
      },
      async withdraw({ domain, recordValue }) {
        effect('withdraw', domain);
        world.records.delete(recordValue);
      },
      async mail(challenge, token) {
        effect('mail', challenge.recordName);
        world.mails.push({ challenge, token });
      },
    },
    outbound: {
      request: () => Promise.reject(new Error('nothing is requested')),
      async addresses(host) {
        if (host.startsWith('10.')) throw new OutboundRefused(`${host} is at a private address.`);
        return [host];
      },
      lookup: () => {},
    },
  };
  return Object.assign(world, { outside });
}

function challengeFor({ method }: CertificateApplication, sequence: number) {
  return (domain: string, index: number): Challenge => {
    const host = domain.replace('*.', '');
    const recordValue = `value-${sequence}-${index}`;
    switch (method) {
      case 'DNS':
        return { domain, method, recordName: `_dnsauth.${host}`, recordType: 'TXT', recordValue };
      case 'FILE':
        return { domain, method, recordName: '/.well-known/test.txt', recordType: 'FILE', recordValue };
      case 'EMAIL':
        return { domain, method, recordName: `admin@${host}`, recordType: 'EMAIL', recordValue: '' };
    }
  };
}

/** A CA that certifies what it is asked for, at the time of the benches. */
async function createAuthority(): Promise<World['certify']> {
  const { privateKeyPkcs8, publicKeySpki } = await generateKeyPair('EC256');
  const signer = signerFromPkcs8(privateKeyPkcs8);
  const name = nameFromAttributes({ commonName: 'Test CA' });
  const base = {
    issuer: name,
    notBeforeMs: testNowMs - dayMs,
    notAfterMs: testNowMs + 400 * dayMs,
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer,
  };
  const root = await issueCertificate({
    ...base,
    serialNumber: newSerialNumber(systemRandom.bytes),
    subject: name,
    subjectPublicKeySpki: publicKeySpki,
    extensions: [basicConstraintsExtension(true)],
  });
  return async (request, other = {}) => {
    const {
      names = request.names,
      spki = parseCsr(request.csrDer).spki,
      chainDer = [root],
      ...times
    } = other;
    const certificateDer = await issueCertificate({
      ...base,
      ...times,
      serialNumber: newSerialNumber(systemRandom.bytes),
      subject: nameFromAttributes({ commonName: names[0] }),
      subjectPublicKeySpki: spki,
      extensions: [
        subjectAlternativeNameExtension(
          names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'IP' : 'DNS', value })),
        ),
      ],
    });
    return { kind: 'issued', certificateDer, chainDer, reference: 'reference' };
  };
}

/** A certificate that was bought; `DV_SSL_CERT` of one name unless the test says otherwise. */
export function buy(
  database: Database,
  accountId: string,
  bought: Partial<SslCertificate> = {},
): Promise<string> {
  return database.transaction((transaction) =>
    insertCertificate(transaction, {
      ...blankCertificate,
      account_id: accountId,
      enterprise_project_id: '0',
      name: 'scm-test',
      status: 'PAID',
      brand: 'GEOTRUST',
      type: 'DV_SSL_CERT',
      domain_type: 'SINGLE_DOMAIN',
      domain_count: 1,
      wildcard_count: 0,
      validity_months: 12,
      order_id: 'CS2403151020ABCDE',
      created_at: testNowMs,
      updated_at: testNowMs,
      ...bought,
    }),
  );
}

/** Table 4-3's example, for a DV certificate. */
export const application = {
  domain: 'www.test.com',
  company_name: 'Company XX',
  company_province: 'Sichuan',
  company_city: 'Chengdu',
  applicant_name: 'xx',
  applicant_phone: '12312345678',
  applicant_email: 'example@test.com',
  csr: '',
  sans: '',
  country: 'CN',
  company_unit: 'IT',
  contact_name: 'test',
  contact_phone: '12312345678',
  contact_email: 'example@test.com',
  auto_dns_auth: false,
  agree_privacy_protection: true,
  domain_method: 'DNS',
  key_algorithm: 'EC_P256',
} as const;

export const certificatePath = (id: string) => `/v3/scm/certificates/${id}`;

export async function seen(
  { database }: Pick<Bench, 'database'>,
  accountId: string,
  certificateId: string,
): Promise<SslCertificate> {
  const certificate = await findCertificate(database, accountId, certificateId);
  if (!certificate) throw new Error(`${certificateId} is gone`);
  return certificate;
}
