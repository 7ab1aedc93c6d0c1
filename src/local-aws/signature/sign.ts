import { ALGORITHM, scopeText, type Scope, signatureOf } from './canonical';
import type { OwnKey } from './credentials';

/** A call of our own. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Their names in small letters. All of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The headers of a call with those that sign it, but for `host`, which whoever sends it adds. */
export function signedHeaders(
  { method, url, headers = {}, body = '' }: Call,
  { accessKeyId, secretAccessKey }: OwnKey,
  { region, service }: Pick<Scope, 'region' | 'service'>,
  now = new Date(),
): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  const signedAt = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = { day: signedAt.slice(0, 8), region, service };
  const all = { ...headers, 'x-amz-date': signedAt };
  const names = ['host', ...Object.keys(all)].toSorted();
  const request = {
    method,
    url: pathname + search,
    headers: Object.fromEntries(Object.entries({ ...all, host }).map(([name, value]) => [name, [value]])),
    body: Buffer.from(body),
  };
  const signature = signatureOf(request, names, signedAt, scope, secretAccessKey);
  const credential = `Credential=${accessKeyId}/${scopeText(scope)}`;
  return {
    ...all,
    authorization: `${ALGORITHM} ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
