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
  sts: ['AssumeRole', 'AssumeRoleWithWebIdentity', 'GetSessionToken', 'GetFederationToken'],
  iam: ['CreateAccessKey'],
};

/** What every command of the local AWS is given to sign with. */
export const OWN_KEY = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** The secrets of this AWS: its own key, and those that its STS and IAM have given out. */
export class Credentials {
  private readonly known = new Map<string, Credential>();

  constructor() {
    const { accessKeyId, secretAccessKey } = OWN_KEY;
    this.known.set(accessKeyId, { secretAccessKey, sessionToken: undefined, expiresAt: undefined });
  }

  find(accessKeyId: string): Credential | undefined {
    return this.known.get(accessKeyId);
  }

  /** Whether it is a temporary key whose time is over. */
  hasEnded(accessKeyId: string): boolean {
    return (this.known.get(accessKeyId)?.expiresAt ?? Infinity) <= Date.now();
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
    // AssumeRoleWithWebIdentity is not signed, and so says no service.
    const issuing = service === '' ? ISSUING.sts : ISSUING[service];
    if (action === null || issuing?.includes(action) !== true) return answer;
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
