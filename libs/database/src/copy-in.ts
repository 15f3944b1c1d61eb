import { Query, type ClientBase, type Connection, type QueryResult } from 'pg';

/** Sends a `COPY … FROM STDIN` with all that it is to read; answers how many rows there were. */
export function copyIn(client: ClientBase, text: string, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(
      new CopyIn(text, bytes, (error, result) => {
        if (error) reject(error);
        else resolve(result?.rowCount ?? 0);
      }),
    );
  });
}

/** What pg does with any statement, but for the moment at which the server asks for the rows. */
class CopyIn extends (Query as unknown as QueryClass) {
  constructor(
    text: string,
    private readonly bytes: Buffer,
    answered: (error: Error | undefined, result?: QueryResult) => void,
  ) {
    super(text, undefined, answered);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.bytes);
    connection.endCopyFrom();
  }
}

// The types of pg leave out how a statement is told its outcome, and COPY.
type QueryClass = new (
  text: string,
  values: undefined,
  answered: (error: Error | undefined, result?: QueryResult) => void,
) => Query;

interface CopyConnection extends Connection {
  sendCopyFromChunk(bytes: Buffer): void;
  endCopyFrom(): void;
}
