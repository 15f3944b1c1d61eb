export { recordingLogger } from './recording-logger';
export { silentLogger } from './silent-logger';
