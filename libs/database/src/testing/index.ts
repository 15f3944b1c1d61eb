export { startTestDatabase, type TestDatabase } from './start-test-database';
export { openTcpDoor, socketOf, type TcpDoor } from './tcp-door';
