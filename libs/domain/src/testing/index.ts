export { aReport, NOON } from './a-report';
export { aSquare, movedBy } from './a-square';
export { aStationSet } from './a-station-set';
export { aSchedule, aZone, aZoneSet } from './a-zone-set';
