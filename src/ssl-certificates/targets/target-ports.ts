import type { Clock } from '../../platform/clock.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { Random } from '../../platform/random.ts';

/** What targets are made with. */
export interface TargetPorts {
  readonly outbound: Outbound;
  /** The machine's own time: services refuse signatures that are off by minutes. */
  readonly machineClock: Clock;
  readonly random: Random;
  /** Where certificates are put if no target is configured, an absolute path. */
  readonly deployedFolder: string;
  /** The project that the installation began with: one more of those that have targets if none is configured. */
  readonly project: string;
}
