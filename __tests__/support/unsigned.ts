import type { ChannelAccess } from '../../src/session/upgrade';

/** Opens streams where tickets say they are, unsigned: for gateways alone, which demand nothing. */
export const UNSIGNED: ChannelAccess = {
  request: (url) => Promise.resolve({ url, headers: {} }),
  refused: () => 'later',
};
