import { ALERTS_TOPIC, CONSUMERS, EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import { gatewaySettings } from '@corral/gateway';
import { geofenceSettings } from '@corral/geofence';
import { historySettings, ingestionSettings, retentionSettings } from '@corral/ingestion';
import { notificationSettings } from '@corral/notification';
import { databaseSettings, describeConfig, eventLogSettings, type ConfigSpec } from '@corral/runtime';

/** A program of the chart: what it reads from the environment, and what it does with the event log. */
export interface Program {
  readonly settings: ConfigSpec;
  /** Topics it reads, in a consumer group of this name. */
  readonly consumes?: { readonly group: string; readonly topic: string };
  /** Topics it appends to. */
  readonly produces: readonly string[];
  /** Whether it makes topics. */
  readonly administers?: true;
  /** Whether it opens the event log at all. */
  readonly usesLog: boolean;
}

/** The seven programs by their names in the chart, with what the code of each says of itself. */
export const PROGRAMS = {
  gateway: { settings: gatewaySettings, produces: [HEARTBEATS_TOPIC], usesLog: true },
  ingestion: { settings: ingestionSettings, produces: [HEARTBEATS_TOPIC], usesLog: true },
  history: {
    settings: historySettings,
    consumes: { group: CONSUMERS.history, topic: HEARTBEATS_TOPIC },
    produces: [],
    usesLog: true,
  },
  geofence: {
    settings: geofenceSettings,
    consumes: { group: CONSUMERS.geofence, topic: HEARTBEATS_TOPIC },
    produces: [EVENTS_TOPIC],
    usesLog: true,
  },
  notification: {
    settings: notificationSettings,
    consumes: { group: CONSUMERS.notification, topic: EVENTS_TOPIC },
    produces: [ALERTS_TOPIC],
    usesLog: true,
  },
  migrate: { settings: eventLogSettings, produces: [], administers: true, usesLog: true },
  maintenance: { settings: { ...databaseSettings, ...retentionSettings }, produces: [], usesLog: false },
} satisfies Record<string, Program>;

/** One of {@link PROGRAMS}. */
export type ProgramName = keyof typeof PROGRAMS;

/** The settings of one program, by name. */
export function settingNames(program: ProgramName): readonly string[] {
  return describeConfig(PROGRAMS[program].settings).map(({ name }) => name);
}
