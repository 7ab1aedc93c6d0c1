import { randomBytes } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../aws-api';

/** A key that requests are signed with. */
export interface Credential {
  readonly secretAccessKey: string;
  /** Temporary credentials have one. */
  readonly sessionToken: string | undefined;
  /** In ms; undefined is never. */
  readonly expiresAt: number | undefined;
}

/** The answers that carry a new key, and its secret for the only time. */
const ISSUING: Readonly<Record<string, readonly string[]>> = {
  sts: ['AssumeRole', 'GetSessionToken', 'GetFederationToken'],
  iam: ['CreateAccessKey'],
};

/** What a command of the local AWS is given to sign with. */
export interface OwnKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** As long as AWS's: forty characters, here of 240 random bits. */
const SECRET_BYTES = 30;

/** A key that nobody else has. */
export function newOwnKey(): OwnKey {
  return { accessKeyId: 'local', secretAccessKey: randomBytes(SECRET_BYTES).toString('base64url') };
}

/** The secrets of this AWS: its own key, and those that its STS and IAM have given out. */
export class Credentials {
  private readonly known = new Map<string, Credential>();

  constructor(private readonly own: OwnKey) {
    const { accessKeyId, secretAccessKey } = own;
    this.known.set(accessKeyId, { secretAccessKey, sessionToken: undefined, expiresAt: undefined });
  }

  find(accessKeyId: string): Credential | undefined {
    return this.known.get(accessKeyId);
  }

  isOwn(accessKeyId: string): boolean {
    return accessKeyId === this.own.accessKeyId;
  }

  /**
   * Looks at a call and its answer, and keeps the key that the answer gives out.
   * @param lastMs how long temporary ones last; 0: as the answer says
   * @returns the answer, with their end
   */
  learn(
    { service, body, path }: Pick<ApiRequest, 'service' | 'body' | 'path'>,
    answer: ApiResponse,
    lastMs = 0,
  ): ApiResponse {
    if (answer.status >= 300) return answer;
    const action =
      new URLSearchParams(body.toString()).get('Action') ?? new URLSearchParams(path.split('?')[1]).get('Action');
    if (action === null || ISSUING[service]?.includes(action) !== true) return answer;
    const given = answer.body.toString();
    const end = new Date(Date.now() + lastMs).toISOString();
    const xml = lastMs === 0 ? given : given.replace(/(?<=<Expiration>)[^<]*/, end);
    const [accessKeyId, secretAccessKey] = [element(xml, 'AccessKeyId'), element(xml, 'SecretAccessKey')];
    if (accessKeyId === undefined || secretAccessKey === undefined) return answer;
    const expiration = element(xml, 'Expiration');
    this.known.set(accessKeyId, {
      secretAccessKey,
      sessionToken: element(xml, 'SessionToken'),
      expiresAt: expiration === undefined ? undefined : Date.parse(expiration),
    });
    return { ...answer, body: Buffer.from(xml) };
  }
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.trim();
}
