export { startTestDatabase, type TestDatabase, type TestDatabaseOptions } from './start-test-database';
export { openTcpDoor, socketOf, type TcpDoor } from './tcp-door';
