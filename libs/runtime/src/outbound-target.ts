import { isIP } from 'node:net';
import { checkAddress, type AddressVerdict, type CidrList } from './outbound-address';

/** Why a URL may not be a target. */
export type TargetRefusalCode =
  'url_invalid' | 'scheme_not_allowed' | 'credentials_in_url' | 'port_not_allowed' | 'address_not_allowed';

/** A refusal in words for the person who typed the URL; never an address it resolved to. */
export interface TargetRefusal {
  readonly kind: 'refused';
  readonly code: TargetRefusalCode;
  readonly detail: string;
}

/** A URL that may be tried. */
export interface Target {
  readonly kind: 'ok';
  /** Normalised by the WHATWG parser: what `0x7f.1` really means stands here. */
  readonly url: URL;
  /** Only addresses of the operator's list will do: the scheme is `http:` or the port is none of the usual ones. */
  readonly onlyAllowed: boolean;
  /** The host is a literal address, already judged. */
  readonly literal: boolean;
}

/** All addresses of a name. Rejects when there are none. */
export type ResolveName = (
  name: string,
  signal?: AbortSignal,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const PUBLIC_PORTS = ['', '443', '8443'];

/**
 * Answers everything about a target that needs no question to the network: scheme, credentials, port, and a literal address. A name
 * passes; its addresses are judged by whoever connects ({@link createOutbound} does, at every send).
 */
export function readTarget(text: string, allow: CidrList): Target | TargetRefusal {
  if (!URL.canParse(text)) return refused('url_invalid', 'this is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refused('scheme_not_allowed', 'only https: URLs can be targets');
  if (url.username !== '' || url.password !== '')
    return refused(
      'credentials_in_url',
      'the URL must not contain a user name or password: requests are signed instead',
    );
  const host = literalOf(url);
  if (host === '') return refused('url_invalid', 'the URL names no host');
  const onlyAllowed = url.protocol === 'http:' || !PUBLIC_PORTS.includes(url.port);
  const literal = isIP(host) !== 0;
  if (literal) {
    const refusal = refusalOf(checkAddress(host, allow), url, onlyAllowed);
    if (refusal !== undefined) return refusal;
  } else if (onlyAllowed && allow.length === 0) {
    return schemeOrPort(url);
  }
  return { kind: 'ok', url, onlyAllowed, literal };
}

/**
 * Answers whether a URL may be registered as a target: {@link readTarget}, and for a name all of its addresses must be global (or
 * covered by `allow`). A name that cannot be resolved just now passes if it looks public: it is judged again at every send.
 */
export async function checkTarget(
  text: string,
  allow: CidrList,
  options: { readonly resolve?: ResolveName; readonly signal?: AbortSignal } = {},
): Promise<Target | TargetRefusal> {
  const target = readTarget(text, allow);
  if (target.kind === 'refused' || target.literal) return target;
  const name = target.url.hostname;
  let addresses: Awaited<ReturnType<ResolveName>>;
  try {
    addresses = await (options.resolve ?? resolveName)(name, options.signal);
  } catch {
    if (target.onlyAllowed) return schemeOrPort(target.url);
    return looksPublic(name) ? target : refusalOf('refused', target.url, false)!;
  }
  for (const { address } of addresses) {
    const refusal = refusalOf(checkAddress(address, allow), target.url, target.onlyAllowed);
    if (refusal !== undefined) return refusal;
  }
  return target;
}

/** The addresses the machine itself would use for a name, in its order. */
export async function resolveName(name: string): Promise<readonly { address: string; family: number }[]> {
  const { lookup } = await import('node:dns/promises');
  return await lookup(name, { all: true, order: 'verbatim' });
}

function refusalOf(verdict: AddressVerdict, url: URL, onlyAllowed: boolean): TargetRefusal | undefined {
  if (verdict === 'refused') return refused('address_not_allowed', `${url.hostname} is not at a public address`);
  return onlyAllowed && verdict !== 'allowed' ? schemeOrPort(url) : undefined;
}

function schemeOrPort(url: URL): TargetRefusal {
  return url.protocol === 'http:'
    ? refused('scheme_not_allowed', 'only https: URLs can be targets')
    : refused('port_not_allowed', `port ${url.port} cannot be a target; 443 and 8443 can`);
}

function refused(code: TargetRefusalCode, detail: string): TargetRefusal {
  return { kind: 'refused', code, detail };
}

function literalOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/** Names that only a private resolver answers are not public because ours happened to be silent. */
function looksPublic(name: string): boolean {
  const plain = name.replace(/\.$/, '').toLowerCase();
  return (
    plain.includes('.') &&
    !/\.(localhost|local|internal|intranet|lan|home|corp|svc|cluster\.local|home\.arpa)$/.test(plain)
  );
}
