/**
 * What psql runs before SQL of our own: names, functions and operators are those of PostgreSQL itself, whatever the
 * search path of the role or the database puts before them. A first command and no setting of the connection
 * (`PGOPTIONS`), which proxies of connections refuse. Temporary objects come last.
 */
export const OWN_SEARCH_PATH = 'set search_path = pg_catalog, pg_temp';
