/**
 * Where a job runs, stamped on its request. `local`: on this machine · `scope`: there, in a control group of its own that
 * the user's systemd makes. What a place does stands in scripts/places/.
 */
export const PLACE_NAMES = ['local', 'scope'] as const;
export type PlaceName = (typeof PLACE_NAMES)[number];
