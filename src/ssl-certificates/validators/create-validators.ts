import type { Clock } from '../../platform/clock.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { Random } from '../../platform/random.ts';
import type { Mailer } from '../mail/mailer.ts';
import { readSecret } from '../secret-setting.ts';
import { createVendorClient } from '../vendor-api/index.ts';
import { findZone, isWithin, type ProvidedZone } from './auto-dns/dns-provider.ts';
import { plainName } from './auto-dns/dns-wire.ts';
import { createHuaweiCloudDnsProvider } from './auto-dns/huawei-cloud-dns-provider.ts';
import { createRfc2136Provider } from './auto-dns/rfc2136-provider.ts';
import { checkDns } from './check-dns.ts';
import { checkFile } from './check-file.ts';
import { confirmationPath, sendConfirmation } from './send-confirmation.ts';
import type { ValidationConfiguration } from './validation-configuration.ts';
import type { Validators } from './validator.ts';

export interface ValidatorPorts {
  /** Made with the `resolvers` of the same configuration, so that names of files are judged by the DNS that records are looked up in. */
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: no SMTP server is configured, and `mail` throws. */
  readonly mailer: Mailer | undefined;
  /** As people reach this server, without a slash at the end. */
  readonly publicUrl: string;
}

/** Throws StartRefused for secrets that cannot be read. */
export function createValidators(
  ports: ValidatorPorts,
  configuration: ValidationConfiguration = {},
): Validators {
  const { outbound, mailer, publicUrl } = ports;
  const webPorts = { http: configuration.http_port ?? 80, https: configuration.https_port ?? 443 };
  const { prevalidated = [] } = configuration;
  const zones = (configuration.auto_dns ?? []).flatMap((settings) => providedZones(settings, ports));
  const providerOf = (recordName: string) => {
    const found = findZone(zones, recordName);
    if (found === undefined) throw new Error(`no zone of the configuration has the name ${recordName}`);
    return found.provider;
  };
  return {
    async check(challenge) {
      switch (challenge.method) {
        case 'DNS':
          return checkDns(challenge, configuration.resolvers);
        case 'FILE':
          return checkFile(challenge, outbound, webPorts);
        case 'EMAIL':
          return { kind: 'absent', reason: `The link sent to ${challenge.recordName} was not used yet.` };
      }
    },
    isPrevalidated: (accountId, domain) =>
      prevalidated.some(
        ({ zones: held, accounts }) =>
          (accounts?.includes(accountId) ?? true) &&
          held.some((zone) => isWithin(domain.replace(/^\*\./, ''), zone)),
      ),
    canPublish(accountId, domain) {
      const found = findZone(zones, domain.replace(/^\*\./, ''));
      return found !== undefined && (found.accounts?.includes(accountId) ?? true);
    },
    publish: async ({ recordName, recordValue }) => providerOf(recordName).add(recordName, recordValue),
    withdraw: async ({ recordName, recordValue }) => providerOf(recordName).remove(recordName, recordValue),
    async mail({ recordName, domain }, token) {
      if (mailer === undefined) throw new Error('no mail can be sent: no SMTP server is configured');
      const link = `${publicUrl}${confirmationPath}/${encodeURIComponent(token)}`;
      await sendConfirmation(mailer, { to: recordName, domain, link });
    },
  };
}

function providedZones(
  settings: NonNullable<ValidationConfiguration['auto_dns']>[number],
  ports: ValidatorPorts,
): ProvidedZone[] {
  const { accounts } = settings;
  const names = settings.zones.map(plainName);
  switch (settings.kind) {
    case 'rfc2136':
      return names.map((zone) => ({
        zone,
        accounts,
        provider: createRfc2136Provider(zone, settings, ports),
      }));
    case 'huawei-cloud-dns': {
      const { endpoint, access_key: accessKey, project_id: projectId } = settings;
      const access = { endpoint, accessKey, secretKey: readSecret(settings.secret_key) };
      const client = createVendorClient(
        { ...access, ...(projectId === undefined ? {} : { projectId }) },
        ports,
      );
      return names.map((zone) => ({
        zone,
        accounts,
        provider: createHuaweiCloudDnsProvider(zone, client),
      }));
    }
  }
}
