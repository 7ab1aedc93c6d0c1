import { environmentNamed, EnvironmentsError, parseEnvironments, readEnvironments } from '../../src/environments';
import { UsageError } from '../../src/errors';

function remedyOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof UsageError ? error.remedy : undefined;
  }
  return undefined;
}

describe('the environments', () => {
  it('are none where the context has no such key', () => {
    expect(parseEnvironments(undefined)).toEqual([]);
    expect(readEnvironments(`${__dirname}/no-such-folder`)).toEqual([]);
  });

  it('have names of their own where they say nothing', () => {
    expect(parseEnvironments({ staging: {} })).toEqual([
      {
        name: 'staging',
        namePrefix: 'aurora-bg-staging',
        region: 'ap-northeast-1',
        account: undefined,
        posture: undefined,
        variables: {},
      },
    ]);
  });

  it('are what they say', () => {
    const fields = {
      namePrefix: 'shop',
      region: 'us-gov-west-1',
      account: '012345678901',
      posture: 'hardened',
      variables: { instance_class: 'db.r6g.large' },
    };
    expect(parseEnvironments({ production: fields })).toEqual([{ name: 'production', ...fields }]);
  });

  it('may share a prefix in accounts that differ, and nowhere else', () => {
    const pair = (one: object, other: object): unknown => ({
      a: { namePrefix: 'shop', ...one },
      b: { namePrefix: 'shop', ...other },
    });
    const [first, second] = [{ account: '111111111111' }, { account: '222222222222' }];
    expect(parseEnvironments(pair(first, second))).toHaveLength(2);
    const shared = /The environments a and b have the namePrefix shop/;
    expect(() => parseEnvironments(pair(first, first))).toThrow(shared);
    expect(() => parseEnvironments(pair(first, {}))).toThrow(shared);
    // Names of roles count in all regions.
    expect(() => parseEnvironments(pair({ region: 'eu-west-1' }, { region: 'us-west-2' }))).toThrow(shared);
  });

  it.each<[unknown, RegExp]>([
    [[], /environments is \[\], expected an object/],
    ['staging', /environments is "staging"/],
    [{}, /environments is empty/],
    [{ Staging: {} }, /The name of an environment is "Staging"/],
    [{ ['a'.repeat(31)]: {} }, /at most 30/],
    [{ staging: 'x' }, /environments\.staging is "x", expected an object/],
    [{ staging: { prefix: 'x' } }, /environments\.staging has no key prefix, but: namePrefix, region, account/],
    [{ staging: { namePrefix: 'Shop' } }, /environments\.staging\.namePrefix is "Shop"/],
    [{ staging: { namePrefix: 'x"${y}' } }, /namePrefix is/],
    [{ staging: { region: 'tokyo' } }, /environments\.staging\.region is "tokyo"/],
    [{ staging: { account: 123456789012 } }, /account is 123456789012, expected a text of 12 digits/],
    [{ staging: { account: '1234' } }, /account is "1234"/],
    [{ staging: { posture: 'soft' } }, /posture is "soft", expected reference or hardened/],
    [{ staging: { posture: null } }, /posture is null/],
    [{ staging: { variables: [] } }, /variables is \[\]/],
    [{ staging: { variables: { name_prefix: 'x' } } }, /name_prefix is the key namePrefix/],
    [{ staging: { variables: { aws_region: 'x' } } }, /aws_region is the key region/],
    [{ staging: { variables: { master_password: 'x' } } }, /master_password is a secret/],
  ])('%j is refused by name', (value, message) => {
    expect(() => parseEnvironments(value)).toThrow(EnvironmentsError);
    expect(() => parseEnvironments(value)).toThrow(message);
  });

  it('are found by name, and those there are listed for another', () => {
    const environments = parseEnvironments({ staging: {}, production: {} });
    expect(environmentNamed(environments, 'production').namePrefix).toBe('aurora-bg-production');
    const unknown = (): unknown => environmentNamed(environments, 'prod');
    expect(unknown).toThrow(UsageError);
    expect(unknown).toThrow(/^There is no environment "prod"$/);
    expect(remedyOf(unknown)).toBe('There are: staging, production');
    expect(() => environmentNamed([], 'prod')).toThrow(/There is no environment "prod"/);
  });
});
