/** The credential of an `Authorization: Bearer …` header; undefined when there is none. */
export function bearerCredential(header: string | undefined): string | undefined {
  return /^Bearer +(\S(?:.*\S)?) *$/i.exec(header ?? '')?.[1];
}
