import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { element, query } from './bastion';
import type { Account } from './sign';

/** What a source does when it is asked. */
export type Manner = 'fresh' | 'fails' | 'ended';

const ROLE = 'engineer';

/** Temporary credentials of a role over HTTP, as a container gets its own: others each time that they are asked for. */
export class CredentialsSource implements AsyncDisposable {
  manner: Manner = 'fresh';
  /** How often it has given out fresh ones. */
  given = 0;
  private last = '';

  private constructor(
    private readonly aws: Account,
    private readonly server: Server,
  ) {
    server.on('request', (_request, response) => {
      void this.answer(response);
    });
  }

  static async start(aws: Account): Promise<CredentialsSource> {
    await query(aws, 'iam', {
      Action: 'CreateRole',
      Version: '2010-05-08',
      RoleName: ROLE,
      AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
    });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CredentialsSource(aws, server);
  }

  /** An environment whose only credentials are these. */
  environment(before: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_SESSION_TOKEN: _token, ...others } = before;
    const { port } = this.server.address() as AddressInfo;
    return { ...others, AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(response: ServerResponse): Promise<void> {
    if (this.manner === 'fresh') this.last = await this.assumeRole();
    if (this.manner === 'fails') response.writeHead(403, { 'content-type': 'application/json' });
    response.end(this.manner === 'fails' ? '{"Code":"AccessDenied","Message":"not now"}' : this.last);
  }

  private async assumeRole(): Promise<string> {
    const xml = await query(this.aws, 'sts', {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: `arn:aws:iam::123456789012:role/${ROLE}`,
      RoleSessionName: 'ann',
    });
    this.given += 1;
    const [AccessKeyId, SecretAccessKey] = [element(xml, 'AccessKeyId'), element(xml, 'SecretAccessKey')];
    const [Token, Expiration] = [element(xml, 'SessionToken'), element(xml, 'Expiration')];
    return JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration });
  }
}
