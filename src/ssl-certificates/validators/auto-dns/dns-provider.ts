import { plainName } from './dns-wire.ts';

/** Writes TXT records into zones. Both verbs throw if they could not, and may be repeated. */
export interface DnsProvider {
  /** Adds a text beside those that the name has already. */
  add(name: string, text: string): Promise<void>;
  /** Removes this text and no other. */
  remove(name: string, text: string): Promise<void>;
}

/** A zone of the configuration and who writes into it. */
export interface ProvidedZone {
  /** Lower case, without a dot at the end. */
  readonly zone: string;
  readonly provider: DnsProvider;
}

/** The longest zone that the name is in; undefined if it is in none. */
export function findZone(zones: readonly ProvidedZone[], name: string): ProvidedZone | undefined {
  const searched = plainName(name);
  return zones
    .filter(({ zone }) => searched === zone || searched.endsWith(`.${zone}`))
    .reduce<ProvidedZone | undefined>(
      (longest, each) => (longest === undefined || each.zone.length > longest.zone.length ? each : longest),
      undefined,
    );
}
