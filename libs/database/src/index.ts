export {
  alertData,
  appendAlertHistory,
  lockAlert,
  lockAlertsOf,
  lockSilentCrowd,
  type SilentCrowd,
  writeAlerts,
  type AlertData,
  type AlertHistoryEntry,
  type AlertRow,
} from './alerts';
export { movePlace, readMovedPlaces, readPlaces, type ConsumerPlace } from './consumer-places';
export { connectDatabase, type Database, type DatabaseOptions } from './database';
export { writeDeadLetters, type DeadLetter } from './dead-letters';
export {
  dropWaiting,
  planDeliveries,
  planDeliveryTo,
  readEndpointInterests,
  redeliver,
  webhookIdOf,
  type EndpointInterest,
  type WebhookMessage,
} from './deliveries';
export { embeddedUrl } from './embedded/place';
export { lockDataFolder, type DataFolderLock, type LockRequest } from './embedded/data-folder-lock';
export {
  DataFolderInUse,
  startEmbeddedPostgres,
  type EmbeddedOptions,
  type EmbeddedPostgres,
} from './embedded/start-embedded-postgres';
export { binaryRows, elementsOf } from './binary-array';
export { ensureDay, type DayTable } from './ensure-day';
export { claimPartition, commitFence, parkPartition, type Claim, type ConsumerOfTopic, type FenceRow } from './fence';
export { migrate, type MigrateOptions, type Migrated, type Migration } from './migrate';
export { appendOutbox, readOutbox, type OutboxRow } from './outbox';
export { dropOldOutboxDays, type OutboxDays } from './outbox-days';
export { prismaWhenAsked, type FleetPrisma, type PrismaWhenAsked } from './prisma-when-asked';
export { msToTimestamp, type Queryable, type QueryResult, type Transaction } from './queryable';
export { type Session } from './session';
export { isTransient } from './transient';
export {
  countDeadLetters,
  findDeadLetter,
  markReplayed,
  readDeadLetters,
  type DeadLetterCount,
  type DeadLetterFilter,
  type StoredDeadLetter,
} from './stored-dead-letters';
export {
  gatherRows,
  textArrayLiteral,
  unnestRows,
  type Columns,
  type ColumnType,
  type GatheredRows,
  type UnnestedRows,
} from './unnest-rows';
export { gatewayRole, withFleet } from './with-fleet';
export { readZoneFileAside } from './read-zone-file-aside';
export type { StorableZones, ZoneFileRead } from './read-zone-file';
export {
  loadDefinition,
  loadSchedule,
  loadScheduleRows,
  loadStations,
  type ScheduleRow,
  type ScheduleRows,
  type ScheduleRowWithStations,
} from './zone-sets';
export { PARTITIONS_SETTING, pinSetting, readSetting } from './settings';
