/** Where a job runs, stamped on its request, and what `run --help` says of it. What a place does stands in scripts/places/. */
const ROWS = {
  local: 'this machine, the default',
  scope: 'a systemd scope there: cancel finds all that it starts; needs a systemd user session',
} as const satisfies Record<string, string>;

export type PlaceName = keyof typeof ROWS;

export const PLACE_HELP: Readonly<Record<PlaceName, string>> = ROWS;

export const PLACE_NAMES = Object.keys(ROWS) as PlaceName[];
