import { UserError } from '../errors';
import { withApiFaults } from './api-faults';
import { type ApiRequest, type ApiResponse, AwsError, type Json, type MotoClient, parseJson } from './aws-api';
import type { Ecr } from './ecr';
import type { Ecs } from './ecs';
import { answersCalls, type Listener } from './endpoints';
import type { Faults } from './faults';
import type { Enforcement } from './iam/enforcement';
import type { Rds } from './rds';
import type { Services } from './services';
import type { Credentials } from './signature/credentials';
import type { Ssm } from './ssm';

export interface DispatchOptions {
  readonly moto: MotoClient;
  readonly enforcement: Enforcement;
  /** Hears of the keys that STS and IAM give out. */
  readonly credentials: Credentials;
  readonly ecr: Ecr;
  readonly ecs: Ecs;
  readonly services: Services;
  readonly ssm: Ssm;
  readonly rds: Rds;
  readonly faults: () => Faults;
  /** `/_local/…`: what tests and our own command ask. */
  readonly control: (method: string, path: string, body: string) => Json | undefined;
}

const JSON_TYPE = 'application/x-amz-json-1.1';

/** Our own calls are answered, everything else goes to moto. The request's signature has been verified. */
export async function dispatch(
  options: DispatchOptions,
  listener: Listener,
  request: ApiRequest,
): Promise<ApiResponse> {
  const { path, body, method, service } = request;
  if (listener === 'general' && path.startsWith('/_local/')) {
    // Not for those to whom a role or a key was given.
    if (!options.credentials.isOwn(request.accessKeyId)) return json({ message: 'forbidden' }, 403);
    const answer = options.control(method, path, body.toString());
    return answer === undefined ? json({ message: 'not found' }, 404) : json(answer);
  }
  if (!answersCalls(listener, service)) return unknownOperation();
  const faults = options.faults();
  return options.enforcement.guard(request, faults.policy, () =>
    withApiFaults(request, faults, () => serve(options, request)),
  );
}

async function serve(options: DispatchOptions, request: ApiRequest): Promise<ApiResponse> {
  const { headers, body, region, service } = request;
  const target = String(headers['x-amz-target'] ?? '');
  if (service === 'ecs' || service === 'ssm') {
    const input = parseJson(body);
    const own = await (service === 'ecs'
      ? options.ecs.handle(target, input, region)
      : options.ssm.handle(target, input, region));
    if (own !== undefined) return json(own);
    const answer = plain(await options.moto.forward(request));
    return service === 'ecs' && answer.status < 300
      ? { ...answer, body: options.services.mend(target, input, answer.body, region) }
      : answer;
  }
  if (service === 'ecr') {
    const own = options.ecr.handle(target, parseJson(body), region);
    if (own !== undefined) return json(own);
  }
  const answered = plain(await options.moto.forward(request));
  const answer = options.credentials.learn(request, answered, options.faults().credentialsLastMs);
  return service === 'rds' ? options.rds.mend(request, answer) : answer;
}

/** The body is sent whole, so the headers about its transfer are ours; and moto's let every web page read an answer. */
function plain(answer: ApiResponse): ApiResponse {
  const ours = ['transfer-encoding', 'content-length', 'connection'];
  const kept = Object.entries(answer.headers).filter(
    ([name]) => !ours.includes(name) && !name.startsWith('access-control-'),
  );
  return { ...answer, headers: Object.fromEntries(kept) };
}

/** As AWS answers a call that the endpoint does not know: without a message. */
function unknownOperation(): ApiResponse {
  const code = 'UnknownOperationException';
  const answer = json({ __type: code }, 400);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

export function failure(error: unknown): ApiResponse {
  if (error instanceof AwsError) {
    const answer = json({ __type: error.code, message: error.message }, error.status);
    return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': error.code } };
  }
  if (error instanceof UserError) return json({ message: `${error.message}. ${error.remedy}` }, 400);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(message);
  return json({ __type: 'InternalFailure', message }, 500);
}

function json(body: Json, status = 200): ApiResponse {
  return { status, headers: { 'content-type': JSON_TYPE }, body: Buffer.from(JSON.stringify(body)) };
}
