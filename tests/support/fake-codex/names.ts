/** Variables by which the installed program finds its two files. Codex's own commands do not get them. */
export const PATH_VARIABLES = { settings: 'FAKE_CODEX_SETTINGS', log: 'FAKE_CODEX_LOG' } as const;
