import { SessionService, type SigningClient } from '../../../src/aws/session-service';

const ticket = { sessionId: 's', tokenValue: 't', streamUrl: 'wss://ssmmessages.ap-northeast-1.amazonaws.com/v1/' };

function credentialsEnd(credentials: SigningClient['config']['credentials']): Promise<number | undefined> {
  const client: SigningClient = {
    config: {
      credentials,
      systemClockOffset: 0,
    },
  };
  const options = { client, ticket, target: () => '', warn: () => undefined };
  return new SessionService({ region: 'ap-northeast-1' }, options).credentialsEnd();
}

describe('the end of credentials', () => {
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

  it('is that of temporary ones', async () => {
    const expiration = new Date('2026-11-28T03:00:00Z');
    expect(await credentialsEnd(() => Promise.resolve({ ...keys, expiration }))).toBe(expiration.getTime());
    expect(await credentialsEnd(() => Promise.resolve(keys))).toBeUndefined();
  });

  it('is not known when there are none at the moment: the session that is open stays', async () => {
    expect(await credentialsEnd(() => Promise.reject(new Error('the sign-in has expired')))).toBeUndefined();
  });
});
