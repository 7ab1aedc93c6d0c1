import './quiet-sdk';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AwsAccess } from './clients';
import type { Credentials } from './sign-upgrade';

/**
 * For each request to the machine's metadata, of which one without any makes two: it answers at once or never. In ms.
 */
const METADATA_TIMEOUT_MS = { quick: 60, patient: 1_000 };

/**
 * Looks for credentials where the SDK does, for whoever can do without: metadata that does not answer holds nobody up.
 * @throws CredentialsProviderError when there are none
 */
export function quickCredentials(
  { region, profile }: Pick<AwsAccess, 'region' | 'profile'>,
  isPatient: boolean,
): Promise<Credentials> {
  const find = defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    timeout: isPatient ? METADATA_TIMEOUT_MS.patient : METADATA_TIMEOUT_MS.quick,
    maxRetries: 0,
    ignoreCache: true,
  });
  // A role is taken on in the region of the session, unless its profile names another.
  return find({ callerClientConfig: { region: () => Promise.resolve(region) } });
}
