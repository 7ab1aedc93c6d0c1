import { SignedChannelAccess } from '../../../src/aws/channel-access';
import { ChannelRefusedError, type UpgradeRefusal } from '../../../src/session/upgrade';

const URL = 'wss://ssmmessages.ap-northeast-1.amazonaws.com/v1/data-channel/s?role=publish_subscribe';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

function start({
  credentials = () => Promise.resolve(KEYS),
  clockOffsetMs = 0,
}: {
  credentials?: (isPatient: boolean) => Promise<typeof KEYS>;
  clockOffsetMs?: number;
} = {}) {
  const said: string[] = [];
  const access = new SignedChannelAccess({
    region: 'ap-northeast-1',
    configured: () => Promise.resolve([]),
    credentials,
    clockOffsetMs: () => clockOffsetMs,
    warn: (text) => said.push(text),
  });
  return { access, said };
}

const refusal = (code: string, more: Partial<UpgradeRefusal> = {}): UpgradeRefusal => ({
  status: 403,
  code,
  message: 'no',
  date: new Date(),
  ...more,
});

const after = (refusals: number, hasBeenOpen = false) => ({ refusals, hasBeenOpen });

const signedAt = (headers: Readonly<Record<string, string>>): number => {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest);
};

describe('without credentials', () => {
  const credentials = (): Promise<never> => Promise.reject(new Error('Could not load credentials'));

  it('asks unsigned, and says so once', async () => {
    const { access, said } = start({ credentials });
    expect(await access.request(URL, after(0))).toEqual({ url: URL, headers: {} });
    await access.request(URL, after(1));
    expect(said).toEqual(["The session's stream is opened without a signature: Could not load credentials"]);
  });

  it('looks for them once more with patience, then says what is wanted', async () => {
    const asked: boolean[] = [];
    const { access } = start({
      credentials: (isPatient) => {
        asked.push(isPatient);
        return credentials();
      },
    });
    await access.request(URL, after(0));
    expect(access.refused(refusal('MissingAuthenticationTokenException'), after(1))).toBe('again');
    await access.request(URL, after(1));
    expect(asked).toEqual([false, true]);
    expect(access.refused(refusal('MissingAuthenticationTokenException'), after(2))).toMatchObject({
      message:
        "The service wants the session's stream signed, and there are no AWS credentials (no; Could not load credentials)",
      remedy: 'Give the credentials that started the session, for example in AWS_PROFILE',
    });
  });

  it('waits for them in a session that was open: the next ticket tells what to renew', async () => {
    const { access } = start({ credentials });
    await access.request(URL, after(0, true));
    expect(
      [2, 50].map((times) => access.refused(refusal('MissingAuthenticationTokenException'), after(times, true))),
    ).toEqual(['later', 'later']);
  });
});

describe('signed, and refused', () => {
  it.each([
    ['AccessDeniedException', /^Not allowed to call ssmmessages:OpenDataChannel: no$/, /"ssmmessages:OpenDataChannel"/],
    ['InvalidSignatureException', /^The signature of the session's stream was refused: no$/, /clock/],
    ['SomethingElse', /^The session's stream was refused: SomethingElse no$/, /^$/],
    ['', /^The session's stream was refused: no$/, /^$/],
  ])('%s: tries another ticket, then ends with what to do', async (code, message, remedy) => {
    const { access } = start();
    await access.request(URL, after(0));
    expect(access.refused(refusal(code), after(1))).toBe('later');
    const last = access.refused(refusal(code), after(2));
    expect(last).toBeInstanceOf(ChannelRefusedError);
    expect(last).toMatchObject({
      message: expect.stringMatching(message) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  it('ends an opening whose credentials are not taken', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    expect(access.refused(refusal('UnrecognizedClientException'), after(2))).toMatchObject({
      message: 'AWS refused the credentials (no)',
      remedy: 'Sign in again, for example `aws sso login`',
    });
  });

  it('waits in a session that was open for credentials that may be renewed', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    expect([1, 2, 50].map((times) => access.refused(refusal('ExpiredTokenException'), after(times, true)))).toEqual([
      'later',
      'later',
      'later',
    ]);
  });

  it('tries longer in a session that was open, whose right was there', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    const verdict = (times: number): unknown => access.refused(refusal('AccessDeniedException'), after(times, true));
    expect([1, 2, 3, 4].map(verdict)).toEqual(['later', 'later', 'later', 'later']);
    expect(verdict(5)).toBeInstanceOf(ChannelRefusedError);
  });

  it.each([404, 429, 500, 503])('waits as for any network when the answer is %s', (status) => {
    const { access } = start();
    expect([1, 2, 50].map((times) => access.refused(refusal('', { status }), after(times)))).toEqual([
      'later',
      'later',
      'later',
    ]);
  });
});

describe('the clock', () => {
  it('is the one that the client has found out', async () => {
    const { access } = start({ clockOffsetMs: 3_600_000 });
    const { headers } = await access.request(URL, after(0));
    expect(Math.abs(signedAt(headers) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  it('is put right by a refusal that tells another time, once', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    const date = new Date(Date.now() - 7_200_000);
    expect(access.refused(refusal('InvalidSignatureException', { date }), after(1))).toBe('again');
    const { headers } = await access.request(URL, after(1));
    expect(Math.abs(signedAt(headers) - date.getTime())).toBeLessThan(60_000);
    expect(access.refused(refusal('InvalidSignatureException', { date }), after(2))).toBeInstanceOf(
      ChannelRefusedError,
    );
  });

  it('is put right once, where two servers disagree', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    const at = (hours: number) => ({ date: new Date(Date.now() + hours * 3_600_000) });
    const answers = [1, 2, 3, 4, 5].map((times) =>
      access.refused(refusal('InvalidSignatureException', at(times % 2 === 0 ? 1 : -1)), after(times, true)),
    );
    expect(answers.slice(0, 4)).toEqual(['again', 'later', 'later', 'later']);
    expect(answers[4]).toBeInstanceOf(ChannelRefusedError);
  });

  it('stays as it is for less than AWS tolerates', async () => {
    const { access } = start();
    await access.request(URL, after(0));
    const date = new Date(Date.now() - 240_000);
    expect(access.refused(refusal('InvalidSignatureException', { date }), after(1))).toBe('later');
  });
});
