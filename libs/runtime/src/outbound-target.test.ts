import { checkAddress, checkTarget, readTarget } from './outbound';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const answers = (...addresses: string[]) => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});
const silent = { resolve: () => Promise.reject(new Error('ENOTFOUND')) };

describe('a URL that a stranger typed', () => {
  it.each([
    ['nonsense', 'url_invalid'],
    ['', 'url_invalid'],
    ['https://1.2.3.4.5/', 'url_invalid'],
    ['https://[fe80::1%25eth0]/', 'url_invalid'],
    ['file:///etc/passwd', 'scheme_not_allowed'],
    ['ftp://example.com/', 'scheme_not_allowed'],
    ['gopher://example.com/', 'scheme_not_allowed'],
    ['http://example.com/', 'scheme_not_allowed'],
    ['http://8.8.8.8/', 'scheme_not_allowed'],
    ['https://user:pass@example.com/', 'credentials_in_url'],
    ['https://example.com:443@127.0.0.1/', 'credentials_in_url'],
    ['https://example.com:22/', 'port_not_allowed'],
    ['https://8.8.8.8:6443/', 'port_not_allowed'],
    ['https://127.0.0.1/', 'address_not_allowed'],
    ['https://127.1/', 'address_not_allowed'],
    ['https://0x7f.1/', 'address_not_allowed'],
    ['https://2130706433/', 'address_not_allowed'],
    ['https://0177.0.0.1/', 'address_not_allowed'],
    ['https://127.0.0.1./', 'address_not_allowed'],
    ['https://①②⑦.⓪.⓪.①/', 'address_not_allowed'],
    ['https://0/', 'address_not_allowed'],
    ['https://0.0.0.0/', 'address_not_allowed'],
    ['https://10.0.0.7/', 'address_not_allowed'],
    ['https://172.16.3.4/', 'address_not_allowed'],
    ['https://192.168.1.1/', 'address_not_allowed'],
    ['https://100.64.0.1/', 'address_not_allowed'],
    ['https://169.254.169.254/latest/meta-data/', 'address_not_allowed'],
    ['https://168.63.129.16/', 'address_not_allowed'],
    ['https://198.18.0.1/', 'address_not_allowed'],
    ['https://192.0.2.1/', 'address_not_allowed'],
    ['https://224.0.0.1/', 'address_not_allowed'],
    ['https://255.255.255.255/', 'address_not_allowed'],
    ['https://[::1]/', 'address_not_allowed'],
    ['https://[::]/', 'address_not_allowed'],
    ['https://[::ffff:127.0.0.1]/', 'address_not_allowed'],
    ['https://[::ffff:7f00:1]/', 'address_not_allowed'],
    ['https://[::127.0.0.1]/', 'address_not_allowed'],
    ['https://[64:ff9b::7f00:1]/', 'address_not_allowed'],
    ['https://[2002:7f00:1::]/', 'address_not_allowed'],
    ['https://[2001:0:7f00:1::]/', 'address_not_allowed'],
    ['https://[fd00:ec2::254]/', 'address_not_allowed'],
    ['https://[fe80::1]/', 'address_not_allowed'],
    ['https://[4000::1]/', 'address_not_allowed'],
    ['https://localhost/', 'address_not_allowed'],
    ['https://localhost./', 'address_not_allowed'],
    ['https://gateway/', 'address_not_allowed'],
    ['https://gateway.corral.svc.cluster.local/', 'address_not_allowed'],
    ['https://metadata.google.internal/', 'address_not_allowed'],
  ])('%s is refused as %s', async (url, code) => {
    expect(await checkTarget(url, [], silent)).toMatchObject({ kind: 'refused', code });
  });

  it.each([
    'https://example.com/hook',
    'https://example.com:8443/hook',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])('%s may be tried', async (url) => {
    expect(await checkTarget(url, [], answers('93.184.215.14', '2606:2800:21f:cb07::1'))).toMatchObject({ kind: 'ok' });
  });

  it('is refused when only one of its addresses is private, and the refusal names no address', async () => {
    const verdict = await checkTarget('https://rebind.example/', [], answers('93.184.215.14', '10.1.2.3'));
    expect(verdict).toMatchObject({ kind: 'refused', code: 'address_not_allowed' });
    expect(JSON.stringify(verdict)).not.toContain('10.1');
  });

  it('passes when its public name cannot be resolved just now: every send judges again', async () => {
    expect(await checkTarget('https://hooks.example.com/', [], silent)).toMatchObject({ kind: 'ok' });
  });
});

describe("an operator's list of private targets", () => {
  it('opens http: and any port, there and only there', async () => {
    expect(readTarget('http://127.0.0.1:9000/hook', LOOPBACK)).toMatchObject({ kind: 'ok', onlyAllowed: true });
    expect(readTarget('http://[::1]:9000/hook', LOOPBACK)).toMatchObject({ kind: 'ok' });
    expect(readTarget('http://10.0.0.1/', LOOPBACK)).toMatchObject({ code: 'address_not_allowed' });
    expect(readTarget('http://8.8.8.8/', LOOPBACK)).toMatchObject({ code: 'scheme_not_allowed' });
    expect(await checkTarget('http://localhost:9000/', LOOPBACK, answers('127.0.0.1', '::1'))).toMatchObject({
      kind: 'ok',
    });
    expect(await checkTarget('http://example.com/', LOOPBACK, answers('93.184.215.14'))).toMatchObject({
      code: 'scheme_not_allowed',
    });
    expect(await checkTarget('http://mixed.example/', LOOPBACK, answers('127.0.0.1', '10.0.0.1'))).toMatchObject({
      code: 'address_not_allowed',
    });
  });

  it('does not open link-local and metadata addresses unless they are listed exactly', () => {
    for (const address of ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fe80::1']) {
      expect(checkAddress(address, ['0.0.0.0/0', '::/0'])).toBe('refused');
      expect(checkAddress(address, [address])).toBe('allowed');
    }
  });

  it('covers IPv4 written as IPv6, in the address and in the list', () => {
    expect(checkAddress('::ffff:10.1.2.3', ['10.0.0.0/8'])).toBe('allowed');
    expect(checkAddress('10.1.2.3', ['::ffff:10.0.0.0/104'])).toBe('allowed');
    expect(checkAddress('11.1.2.3', ['::ffff:10.0.0.0/104'])).toBe('global');
  });
});
