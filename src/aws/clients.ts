import './quiet-sdk';
import { ECSClient } from '@aws-sdk/client-ecs';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

/** Where and as whom calls are made. Credentials come from where the SDK looks for them. */
export interface AwsAccess {
  readonly region: string;
  readonly profile?: string | undefined;
  /** Where data channels are opened. @default the address that the service names, or the environment */
  readonly channelEndpoint?: string | undefined;
}

/** A lost connection must not hold a clean-up back for ever. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };

/**
 * The SDK's three are over within 0.15 s, and a network is often away for longer. Its pauses are random, 25 ms on average
 * and each twice the one before: seven attempts outlast half a second in 99 cases of 100, five in 20 (measured).
 */
const ATTEMPTS = 7;

/** What every client is made with. */
export function configuration({ region, profile }: AwsAccess) {
  const named = profile === undefined ? {} : { profile };
  return {
    region,
    requestHandler: TIMEOUTS,
    ...named,
    // The SDK reads the files once in a process; whoever renews keys there means the next client.
    credentials: defaultProvider({ ...named, ignoreCache: true }),
    ...(process.env.AWS_MAX_ATTEMPTS === undefined ? { maxAttempts: ATTEMPTS } : {}),
  };
}

export function ecsClient(access: AwsAccess): ECSClient {
  return new ECSClient(configuration(access));
}

/** @param more such as an endpoint instead of the region's, or of the one in the environment */
export function ssmClient(access: AwsAccess, more: Pick<SSMClientConfig, 'endpoint' | 'credentials'> = {}): SSMClient {
  return new SSMClient({ ...configuration(access), ...more });
}

export function kmsClient(access: AwsAccess): KMSClient {
  return new KMSClient(configuration(access));
}
