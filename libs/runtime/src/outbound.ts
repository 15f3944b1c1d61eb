export { checkAddress } from './outbound-address';
export type { AddressVerdict, CidrList } from './outbound-address';
export { checkTarget, readTarget } from './outbound-target';
export type { ResolveName, Target, TargetRefusal, TargetRefusalCode } from './outbound-target';
export { createOutbound } from './outbound-request';
export type { Outbound, OutboundAnswer, OutboundErrorCode, OutboundOptions, OutboundRequest } from './outbound-request';
