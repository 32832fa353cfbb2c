import type { Clock } from '../platform/clock.ts';
import { createOutbound, type OutboundSettings } from '../platform/outbound/index.ts';
import { StartRefused } from '../platform/start-refused.ts';
import type { ServerCertificates } from '../private-ca/index.ts';
import { createSslCertificates, type SslCertificates } from './create-ssl-certificates.ts';
import { createIssuers } from './issuers/create-issuers.ts';
import { createMailer } from './mail/smtp-mailer.ts';
import type { SslCertificatesPorts } from './ports.ts';
import { createTargets } from './targets/create-targets.ts';
import { createValidators } from './validators/create-validators.ts';

type Base = Omit<SslCertificatesPorts, 'outbound' | 'issuers' | 'validators' | 'targets' | 'mailer'>;

export interface OpeningPorts extends Base {
  /** The machine's own time: who is asked elsewhere refuses signatures that are off by minutes. */
  readonly machineClock: Clock;
  readonly serverCertificates: ServerCertificates;
  /** Has OCSP on for a CA that the account has; may be repeated. */
  readonly publishStatus: (accountId: string, caId: string) => Promise<void>;
  /** Where certificates are put if no target is configured, an absolute path. */
  readonly deployedFolder: string;
  /** The project that the installation began with. */
  readonly project: string;
}

/**
 * SSL certificates with the issuers, validators and targets of the configuration. Throws `StartRefused` that says what the operator
 * has to change in it.
 */
export async function openSslCertificates(given: OpeningPorts): Promise<SslCertificates> {
  const { configuration, machineClock } = given;
  const allow = configuration.outbound?.allow ?? [];
  const resolvers = configuration.validation?.resolvers;
  const outbound = guard(resolvers === undefined ? { allow } : { allow, resolvers });
  const mailer = configuration.mail === undefined ? undefined : createMailer(configuration.mail);
  const ports = { ...given, outbound, mailer };
  const issuers = createIssuers(ports, configuration.issuers);
  const validators = createValidators({ ...ports, clock: machineClock }, configuration.validation);
  const targets = await createTargets(ports, configuration.targets);
  return createSslCertificates({ ...ports, issuers, validators, targets }, issuers.roots);
}

function guard(settings: OutboundSettings) {
  try {
    return createOutbound(settings);
  } catch (error) {
    if (error instanceof RangeError) throw new StartRefused(`outbound.allow: ${error.message}`);
    throw error;
  }
}
