import { retentionSettings } from '@corral/ingestion';
import { databaseSettings, defineConfig } from '@corral/runtime';

/** What `corral maintenance` reads. */
export const maintenanceSettings = defineConfig({ ...databaseSettings, ...retentionSettings });
