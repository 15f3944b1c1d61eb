export { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver';
export { recordingLogger } from './recording-logger';
export { silentLogger } from './silent-logger';
