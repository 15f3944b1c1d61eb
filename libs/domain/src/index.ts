export { VEHICLE_STATES, type Report, type ReportSource, type VehicleStateWord } from './report';
export type { Cause, Fact, GeofenceEvent, Violation, ViolationKind } from './fact';
export { QUIET_DEFAULTS, type QuietProfile, type QuietSettings, type ZoneQuiet } from './quiet';
export type {
  DrawnZoneSet,
  LocalisedName,
  ScheduleEntry,
  SilenceLimit,
  Zone,
  ZoneRule,
  ZoneSchedule,
  ZoneSet,
  ZoneSetDefinition,
} from './zone-set';
export type { Station, StationSetDefinition } from './station';

export { ANOMALIES, type Anomaly } from './anomaly';
export { checkHeartbeat, type CheckedHeartbeat, type HeartbeatContext } from './check-heartbeat';
export type { Heartbeat, HeartbeatRefusal, HeartbeatRefusalCode } from './heartbeat';
export { stampReports, type Stamp } from './stamp-reports';
export { isId, isStorable } from './check-text';
export { formatTime, isEpochMs, parseTime } from './parse-time';

export { importZones } from './import-zones';
export type {
  RefusedZone,
  ZoneImport,
  ZoneImportOptions,
  ZoneRefusalCode,
  ZoneWarning,
  ZoneWarningCode,
} from './zone-import';
export { importStations } from './import-stations';
export type {
  RefusedStation,
  StationImport,
  StationRefusalCode,
  StationWarning,
  StationWarningCode,
} from './station-import';
export {
  compileStationSet,
  compileStationSetInPieces,
  stationAllowanceM,
  stationAt,
  type StationSet,
} from './station-set';
export { exportZones, type ExportMeta, type ZoneFormat } from './export-zones';
export { zoneName } from './zone-name';
export { compileZoneSet, compileZoneSetInPieces, withoutShapes } from './compile-zone-set';
export { changePointsBetween, entryInForce, setInForce } from './zone-schedule';
export { outsideServiceArea, resolveRule, RULE_FIELDS, zonesAt, type ResolvedRule, type RuleField } from './rule';

export { step, type StepResult } from './step';
export type { EarlierSchedules } from './learn-schedule';
export { passTime, type PassedTime, type TimeResult } from './pass-time';
export { evaluate, type Evaluation } from './evaluate';
export { decodeMemory, encodeForNow, encodeMemory, storedRevision } from './encode-memory';
export { LATENESS_MS, type VehicleMemory } from './vehicle-memory';
export { vehicleView, type VehicleView } from './vehicle-view';
export { geofenceEventId, violationId } from './fact-id';
export { explainFact, type ExplainedReport, type FactExplanation, type ReportSeen } from './explain-fact';

export { alertEpisodeKey, decideAlert } from './decide-alert';
export {
  alertSeverity,
  type AlertDecision,
  type AlertEpisode,
  type AlertResolution,
  type AlertSeverity,
  type AlertStatus,
} from './alert';
export { alertTitle, type AlertNames } from './alert-title';
export { FEWEST_IN_MASS, massSilence, MASS_WITHIN_MS, type MassSilence, type SilentVehicle } from './mass-silence';
export { placeCell } from './place-cell';
export { retryDelayMs } from './retry-delay';
