import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSMClient } from '@aws-sdk/client-ssm';
import { terminateSession } from '../../../src/aws/execute';

const LIMIT_MS = 200;
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

describe('whoever wants to leave does not wait for long', () => {
  it('when nobody answers for credentials', async () => {
    const ssm = new SSMClient({ region: 'ap-northeast-1', credentials: () => new Promise(() => undefined) });
    expect(await terminateSession(ssm, 's', LIMIT_MS)).toBe(false);
  });

  it('when the service does not answer', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ssm = new SSMClient({ region: 'ap-northeast-1', endpoint, credentials: KEYS });
    try {
      expect(await terminateSession(ssm, 's', LIMIT_MS)).toBe(false);
    } finally {
      ssm.destroy();
      server.close();
      server.closeAllConnections();
    }
  });
});
