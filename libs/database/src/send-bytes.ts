import { Query, type ClientBase, type Connection, type QueryResult } from 'pg';

/**
 * Sends a statement whose parameters are all lists in their binary form, from the buffers they stand in: until the answer they must stay as they are.
 * pg would copy them into one message, in a buffer that it makes anew for each and enlarges by half as often as it is full: several times what
 * is sent, as garbage outside of the heap.
 */
export function sendBytes(client: ClientBase, text: string, values: readonly Buffer[]): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(
      new BoundBytes(text, values, (error, result) => {
        if (error) reject(error);
        else resolve(result!);
      }),
    );
  });
}

/** What pg does with any statement, but for the message that carries the parameters. */
class BoundBytes extends (Query as unknown as QueryClass) {
  constructor(
    text: string,
    private readonly bytes: readonly Buffer[],
    answered: (error: Error | undefined, result?: QueryResult) => void,
  ) {
    super(text, bytes, answered);
  }

  /** pg has corked the stream: all of it leaves together. */
  override prepare(connection: BindConnection): void {
    connection.parse({ text: this.text, name: '', types: undefined });
    // As pg does: of a connection that ends its `end` event says so.
    if (connection.stream.writable) for (const part of bindMessage(this.bytes)) connection.stream.write(part);
    connection.describe({ type: 'P', name: '' });
    this._getRows(connection);
  }
}

const BIND = 'B'.charCodeAt(0);
const BINARY = 1;

/** `Bind` of the unnamed statement: https://www.postgresql.org/docs/current/protocol-message-formats.html. */
function bindMessage(values: readonly Buffer[]): readonly Buffer[] {
  // Kind and length, two empty names, how many formats, the one of all parameters, how many parameters.
  const head = Buffer.allocUnsafe(5 + 2 + 2 + 2 + 2);
  const sizes = values.map(({ length }) => {
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(length);
    return size;
  });
  // One format for all of the answer's columns: text.
  const tail = Buffer.from([0, 1, 0, 0]);
  const parameters = values.flatMap((value, at) => [sizes[at]!, value]);
  head[0] = BIND;
  head.writeInt32BE(head.length - 1 + parameters.reduce((sum, { length }) => sum + length, 0) + tail.length, 1);
  head.fill(0, 5, 7);
  for (const [at, number] of [1, BINARY, values.length].entries()) head.writeInt16BE(number, 7 + 2 * at);
  return [head, ...parameters, tail];
}

// The types of pg leave out how a statement is sent and told its outcome.
type QueryClass = new (
  text: string,
  values: readonly Buffer[],
  answered: (error: Error | undefined, result?: QueryResult) => void,
) => Query & {
  readonly text: string;
  prepare(connection: BindConnection): void;
  _getRows(connection: BindConnection): void;
};

interface BindConnection extends Omit<Connection, 'parse' | 'describe'> {
  parse(statement: { readonly text: string; readonly name: string; readonly types: undefined }): void;
  describe(what: { readonly type: 'P'; readonly name: string }): void;
}
