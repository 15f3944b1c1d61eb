export { aReport, NOON } from './a-report';
export { aSquare, movedBy } from './a-square';
export { aSchedule, aZone, aZoneSet } from './a-zone-set';
