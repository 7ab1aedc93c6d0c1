import { isForbidden, ownAddresses } from '../../../../../src/local-aws/agent/port/addresses';

const NEW = '3.3.4851.0';
const LATER = '3.4.0.0';
const OLD = '3.3.4850.9';

describe('the agent refuses to forward', () => {
  it.each<[host: string, version: string, refuses: boolean]>([
    // Instance metadata, DNS, time: whatever the version.
    ['169.254.169.254', '3.3.0.0', true],
    ['169.254.169.253', NEW, true],
    ['fd00:ec2::254', OLD, true],
    // Loopback and credentials: since one version.
    ['127.0.0.1', OLD, false],
    ['127.0.0.1', NEW, true],
    ['127.0.0.1', LATER, true],
    ['127.255.0.9', NEW, true],
    ['128.0.0.1', NEW, false],
    ['::1', OLD, false],
    ['::1', NEW, true],
    ['::ffff:127.0.0.1', NEW, true],
    ['localhost', OLD, false],
    ['localhost', NEW, true],
    ['169.254.170.2', OLD, false],
    ['169.254.170.2', NEW, true],
    ['169.254.170.23', NEW, true],
    ['fd00:ec2::23', NEW, true],
    ['10.0.1.2', NEW, false],
  ])('to %s by version %s: %s', (host, version, refuses) => {
    expect(isForbidden(host, ownAddresses(host, 80), version)).toBe(refuses);
  });

  it('not to a port of the task itself, where the document has no host', () => {
    expect(isForbidden(undefined, ownAddresses('', 80), NEW)).toBe(false);
  });

  it('not to a name of AWS, although it leads to loopback here', () => {
    const host = 'db.cluster-1.ap-northeast-1.rds.amazonaws.com';
    expect(isForbidden(host, [{ address: '127.0.0.1', port: 54321 }], NEW)).toBe(false);
  });

  it('to a name that leads to the metadata', () => {
    expect(isForbidden('metadata.example', [{ address: '169.254.169.254', port: 80 }], NEW)).toBe(true);
  });
});
