import ipaddr from 'ipaddr.js';

/** Ranges an operator opens for webhooks (`CORRAL_WEBHOOK_ALLOW_PRIVATE`), such as `127.0.0.0/8` or `fd00::/8`. A bare address is a range of one. */
export type CidrList = readonly string[];

/**
 * What an address is to us: `global` (anybody may be told there), `allowed` (the operator's list covers it, whatever it is),
 * or `refused`.
 */
export type AddressVerdict = 'global' | 'allowed' | 'refused';

/**
 * Addresses that answer questions about the machine we run on. Azure's is plain unicast to every table of ranges; the others lie in
 * ranges an operator may well open for other reasons.
 */
const METADATA = [
  '168.63.129.16',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
];

/**
 * Answers whether a literal IP address may be spoken to. IPv4 inside IPv6 (`::ffff:127.0.0.1`) is judged as the IPv4 address it is.
 * Link-local and metadata addresses need to be listed exactly: a wide range such as `0.0.0.0/0` does not open them.
 */
export function checkAddress(address: string, allow: CidrList): AddressVerdict {
  if (!ipaddr.isValid(address)) return 'refused';
  const parsed = ipaddr.process(address);
  if (allow.some((cidr) => covers(cidr, parsed, isGuarded(parsed)))) return 'allowed';
  return isGlobal(parsed) ? 'global' : 'refused';
}

type Address = ReturnType<typeof ipaddr.process>;

function isGlobal(address: Address): boolean {
  if (address.range() !== 'unicast' || isGuarded(address)) return false;
  // Outside 2000::/3 nothing is assigned; what is "unicast" there today may be something else tomorrow.
  return address.kind() === 'ipv4' || ((address as InstanceType<typeof ipaddr.IPv6>).parts[0]! & 0xe000) === 0x2000;
}

function isGuarded(address: Address): boolean {
  return address.range() === 'linkLocal' || METADATA.includes(address.toString());
}

function covers(cidr: string, address: Address, exactly: boolean): boolean {
  const slash = cidr.indexOf('/');
  const base = slash < 0 ? cidr : cidr.slice(0, slash);
  if (!ipaddr.isValid(base)) return false;
  const range = ipaddr.process(base);
  if (range.kind() !== address.kind()) return false;
  const full = range.kind() === 'ipv4' ? 32 : 128;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8 once unwrapped.
  const unwrapped = base.includes(':') && full === 32 ? 96 : 0;
  const bits = slash < 0 ? full : Number(cidr.slice(slash + 1)) - unwrapped;
  if (!Number.isInteger(bits) || bits < 0 || bits > full) return false;
  if (exactly && bits !== full) return false;
  return address.match(range, bits);
}
