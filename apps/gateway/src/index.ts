export {
  connectGateway,
  createGateway,
  type Gateway,
  type GatewayContext,
  type GatewayOptions,
  type GatewayPorts,
} from './app';
export { gatewaySettings, readGatewayConfig, type GatewayConfig } from './config';
export { makeApiKey, type MadeApiKey } from './keys/api-key';
export { bootstrap, FIRST_FLEET } from './keys/bootstrap';
