import { type ApiRequest, type ApiResponse, AwsError } from './aws-api';
import { errorAnswer } from './error-answer';
import type { Faults } from './faults';

/** A call's answer never arrives: the connection is cut instead. */
export class LostAnswer extends Error {}

/** Whoever speaks JSON says the operation in a header, the rest in a form. */
export function actionOf({ service, headers, body }: ApiRequest): string {
  const target = headers['x-amz-target'];
  const operation =
    typeof target === 'string'
      ? target.slice(target.lastIndexOf('.') + 1)
      : new URLSearchParams(body.toString()).get('Action');
  return `${service}:${operation ?? ''}`;
}

/**
 * Makes a call fail as the faults say: with an error of its own, or by chance, half of the times before anything is
 * done and half of the times after it.
 */
export async function withApiFaults(
  request: ApiRequest,
  { apiErrors, apiFailureRate, apiFailuresOf, apiFailuresLoseAnswers }: Faults,
  answer: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  const action = actionOf(request);
  const error = apiErrors[action];
  if (error !== undefined) {
    const [, code = 'InternalFailure', message = error] = /^(\w+): (.*)$/s.exec(error) ?? [];
    return errorAnswer(request, new AwsError(code, message));
  }
  if (apiFailuresOf !== undefined && apiFailuresOf !== action) return answer();
  const chance = Math.random();
  if (apiFailuresLoseAnswers !== true && chance < apiFailureRate / 2) {
    return errorAnswer(request, new AwsError('ServiceUnavailable', 'The service is unavailable.', 503));
  }
  const answered = await answer();
  if (chance < apiFailureRate) throw new LostAnswer();
  return answered;
}
