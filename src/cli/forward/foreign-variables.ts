/**
 * The user's own variables of libpq ("Environment Variables" in its manual) that would lead a command past the database, or
 * keep it from there. All others are passed on: those that ask for more of the server (CRL, versions of TLS, ways to log in),
 * and those of the session (PGOPTIONS, PGAPPNAME, PGTZ …).
 */
const ALWAYS = [
  ...['PGSERVICE', 'PGSERVICEFILE'], // a service's entries count for more than PGHOST and its like
  'PGTARGETSESSIONATTRS', // writer or reader is chosen by option
  ...['PGSSLCERT', 'PGSSLKEY', 'PGSSLCERTMODE'], // who we are for another server: Aurora asks for no certificate
  ...['PGGSSENCMODE', 'PGREQUIREPEER'], // the encryption is TLS, and the process at the socket is ours
  'PGSSLROOTCERT', // what is to be checked against is said anew
  ...['PGPASSWORD', 'PGPASSFILE', 'DATABASE_URL'], // one way to log in: the other might count for more
] as const;

/** Behind a unix socket the TLS is ours: a client that insists on its own would refuse. */
const BY_SOCKET = ['PGHOSTADDR', 'PGCHANNELBINDING', 'PGSSLNEGOTIATION'] as const;

/** @returns the names, with undefined each: not to be passed on. What we set ourselves goes over it. */
export function foreignVariables(way: 'port' | 'socket'): Readonly<Record<string, undefined>> {
  const names = way === 'socket' ? [...ALWAYS, ...BY_SOCKET] : ALWAYS;
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
