import { defineConfig, eventLogSettings, processSettings } from '@corral/runtime';

/** What the geofence service reads from the environment. */
export const geofenceSettings = defineConfig({ ...processSettings, ...eventLogSettings });
