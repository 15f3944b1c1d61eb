import { gatewaySettings } from '@corral/gateway';
import { geofenceSettings } from '@corral/geofence';
import { historySettings, ingestionSettings } from '@corral/ingestion';
import { notificationSettings } from '@corral/notification';
import { defineConfig, describeConfig, eventLogSettings, text, type SettingDescription } from '@corral/runtime';
import { upSettings } from '../up/settings';
import { maintenanceSettings } from './maintenance-settings';

/** A setting, and the programs that read it. */
export interface SettingRow {
  readonly name: string;
  readonly description: string;
  /** As it would be written in the environment; undefined for none. */
  readonly default: string | undefined;
  /** Where `corral up` has another default than the services. */
  readonly defaultOfUp: string | undefined;
  readonly required: boolean;
  readonly secret: boolean;
  readonly readBy: readonly string[];
}

/** What the commands that talk to a running Corral read. */
const clientSettings = defineConfig({
  CORRAL_URL: text({
    description:
      'Where the running Corral is, such as http://127.0.0.1:8080; an embedded one leaves it in its data folder.',
  }),
  CORRAL_API_KEY: text({ description: 'The key to its API; an embedded one leaves it in its data folder.' }),
});

const PROGRAMS = {
  'ingestion http': ingestionSettings,
  'ingestion history': historySettings,
  geofence: geofenceSettings,
  notification: notificationSettings,
  gateway: gatewaySettings,
  'corral up': upSettings,
  'corral migrate': eventLogSettings,
  'corral maintenance': maintenanceSettings,
  'corral commands': clientSettings,
};

/** Every setting there is, in the order in which one meets them; the same name means the same everywhere. */
export function everySetting(): readonly SettingRow[] {
  const rows = new Map<string, { first: SettingDescription; readBy: string[]; upDefault: string | undefined }>();
  for (const [program, spec] of Object.entries(PROGRAMS)) {
    for (const setting of describeConfig(spec)) {
      const row = rows.get(setting.name) ?? { first: setting, readBy: [], upDefault: undefined };
      row.readBy.push(program);
      if (program === 'corral up' && setting.default !== row.first.default) row.upDefault = setting.default;
      rows.set(setting.name, row);
    }
  }
  return [...rows.values()].map(({ first, readBy, upDefault }) => ({
    name: first.name,
    description: first.description,
    default: first.default,
    defaultOfUp: upDefault,
    required: first.required,
    secret: first.secret,
    readBy,
  }));
}
