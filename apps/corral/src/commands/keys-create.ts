import type { Print } from './add-commands';
import type { ApiClient } from './api-client';

/** `corral keys create`: makes a key through the API and shows it this once. */
export async function createKey(
  api: ApiClient,
  options: { scope: readonly string[]; name?: string },
  print: Print,
): Promise<void> {
  const created = await api.expect<{ key: string; scopes: readonly string[] }>('POST', '/v1/api-keys', {
    scopes: options.scope.flatMap((scope) => scope.split(',')),
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  // Beside the key, not after it: KEY=$(corral keys create …) gets the key alone.
  process.stderr.write(`scopes: ${created.scopes.join(', ')}; the key is shown only now\n`);
  print(created, created.key);
}
