import { maskPasswords } from './mask-passwords';

/**
 * The chain of an error's messages read as one sentence, `what was attempted: why it failed`, without passwords and on
 * one line; for the one line a program says before it exits.
 */
export function explain(error: unknown): string {
  const messages: string[] = [];
  for (
    let link: unknown = error;
    link !== undefined && link !== null;
    link = link instanceof Error ? link.cause : undefined
  ) {
    const message = messageOf(link);
    // Wrappers often repeat what they wrap.
    if (message && !messages.some((said) => said.includes(message))) messages.push(message);
  }
  return maskPasswords(messages.join(': ').replace(/\s+/g, ' ').trim() || 'unknown error');
}

function messageOf(link: unknown): string {
  if (!(link instanceof Error)) return String(link);
  // Node's connection errors over several addresses carry their reasons inside and no message of their own.
  if (link instanceof AggregateError && !link.message) return link.errors.map(messageOf).join(', ');
  return link.message || link.name;
}
