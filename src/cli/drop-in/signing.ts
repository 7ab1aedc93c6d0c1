import { SignedChannelAccess } from '../../aws/channel-access';
import { channelEndpoint, configuredEndpoints } from '../../aws/endpoints';
import { quickCredentials } from '../../aws/quick-credentials';
import type { SessionCommand } from './arguments';

/** Signs with the credentials that the AWS CLI has found too, each time with those of the moment. */
export function channelAccess(
  { region, profile, namedEndpoint }: SessionCommand,
  warn: (text: string) => void,
): SignedChannelAccess {
  return new SignedChannelAccess({
    region,
    endpoint: channelEndpoint({}),
    configured: async () => [
      ...(await configuredEndpoints({})),
      ...(namedEndpoint === undefined ? [] : [namedEndpoint]),
    ],
    credentials: (isPatient) => quickCredentials({ region, profile }, isPatient),
    clockOffsetMs: () => 0,
    warn,
  });
}
