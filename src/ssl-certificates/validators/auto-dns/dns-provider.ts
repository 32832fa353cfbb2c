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
  /** Ids of the accounts for which records are written; undefined: all. */
  readonly accounts?: readonly string[] | undefined;
}

/** Whether the name is the zone's own or below it; neither case nor a dot at the end matters. */
export function isWithin(name: string, zone: string): boolean {
  const [searched, held] = [plainName(name), plainName(zone)];
  return searched === held || searched.endsWith(`.${held}`);
}

/** The longest zone that the name is in; undefined if it is in none. */
export function findZone(zones: readonly ProvidedZone[], name: string): ProvidedZone | undefined {
  return zones
    .filter(({ zone }) => isWithin(name, zone))
    .reduce<ProvidedZone | undefined>(
      (longest, each) => (longest === undefined || each.zone.length > longest.zone.length ? each : longest),
      undefined,
    );
}
