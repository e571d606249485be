import { fields, text, texts } from '../wire/protocol.ts';

/** What is left of an environment by Codex's `inherit = "core"` (0.169 on Linux, tried). */
const CORE = new Set(['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TEMP', 'TMP', 'TMPDIR', 'USER']);
const DEFAULT_EXCLUDES = ['*KEY*', '*SECRET*', '*TOKEN*'];

/**
 * What of a caller's environment a thread's commands get, by the user's own `[shell_environment_policy]`. Variables
 * that we hand over go in as `set`, which Codex filters by `include_only` alone: without this, `inherit`, `exclude` and
 * `ignore_default_excludes` would be passed by, and keys shown to commands that the user hides them from.
 * The user's own `set` wins, as it does in `codex` itself. `always` is ours (the job's cookie) and stays.
 */
export function allowedEnvironment(
  environment: Readonly<Record<string, string>>,
  policy: unknown,
  always: readonly string[],
): Record<string, string> {
  const rules = fields(policy);
  const inherit = text(rules.inherit) || 'all';
  const excludes = [
    ...(rules.ignore_default_excludes === false ? DEFAULT_EXCLUDES : []),
    ...texts(rules.exclude),
  ].map(pattern);
  const usersOwn = fields(rules.set);

  const allowed = ([name]: [string, string]) => {
    if (always.includes(name)) return true;
    if (name in usersOwn || inherit === 'none' || (inherit === 'core' && !CORE.has(name))) return false;
    return !excludes.some((exclude) => exclude.test(name));
  };
  return Object.fromEntries(Object.entries(environment).filter(allowed));
}

/** Codex's wildcards: `*` and `?`, case-insensitive, over the whole name. */
function pattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i');
}
