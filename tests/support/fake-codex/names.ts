/** Variables by which the installed program finds its two files. Codex's own commands do not get them. */
export const PATH_VARIABLES = { settings: 'FAKE_CODEX_SETTINGS', log: 'FAKE_CODEX_LOG' } as const;

/** What it calls itself unless told otherwise. */
export const OWN_VERSION = '0.169.0';
