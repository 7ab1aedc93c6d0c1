import { AwsError } from '../aws-api';
import { type Addressed, type Protocol, protocolOf } from '../error-answer';

type Words = readonly [code: string, status: number, message?: string];

/** By the verifier's codes, which are those of the JSON services. */
const WORDS: Readonly<Record<Protocol, Readonly<Record<string, Words>>>> = {
  json: {
    MissingAuthenticationTokenException: ['MissingAuthenticationTokenException', 400],
    UnrecognizedClientException: ['UnrecognizedClientException', 400],
    InvalidSignatureException: ['InvalidSignatureException', 400],
    ExpiredTokenException: ['ExpiredTokenException', 400],
  },
  'rest-json': {},
  query: {
    MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token'],
    UnrecognizedClientException: ['InvalidClientTokenId', 403],
    InvalidSignatureException: ['SignatureDoesNotMatch', 403],
    ExpiredTokenException: ['ExpiredToken', 403],
  },
  ec2: {
    UnrecognizedClientException: ['AuthFailure', 401, 'AWS was not able to validate the provided access credentials'],
    InvalidSignatureException: ['SignatureDoesNotMatch', 403],
    ExpiredTokenException: ['RequestExpired', 400, 'Request has expired.'],
  },
  s3: {
    UnrecognizedClientException: [
      'InvalidAccessKeyId',
      403,
      'The AWS Access Key Id you provided does not exist in our records.',
    ],
    InvalidSignatureException: ['SignatureDoesNotMatch', 403],
    ExpiredTokenException: ['ExpiredToken', 400, 'The provided token has expired.'],
  },
};

/** Why a signature is not accepted, in the words of the service that was called. */
export function refusalOf(request: Addressed, error: AwsError): AwsError {
  const [code, status, message = error.message] = WORDS[protocolOf(request)][error.code] ?? [error.code, error.status];
  return new AwsError(code, message, status);
}
