export { startOtel, type Otel, type OtelOptions } from './start-otel';
