export {
  connectIngestion,
  createIngestion,
  type ConnectIngestionOptions,
  type Ingestion,
  type IngestionConfig,
  type IngestionPorts,
} from './app';
export {
  acceptSettings,
  heartbeatAgeSettings,
  historySettings,
  ingestionSettings,
  retentionRule,
  retentionSettings,
  trackRetentionMs,
} from './config';
export { connectHistory, type ConnectHistoryOptions } from './history/history';
export { dropOldDays } from './history/track-retention';
export { HEARTBEATS_PATH } from './http/heartbeats-intake';
