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
  print(created, `${created.key}\n(scopes: ${created.scopes.join(', ')}; it is shown only now)`);
}
