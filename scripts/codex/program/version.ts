import { CompanionError } from '../../domain/base/errors.ts';

/**
 * The oldest Codex that our promises can be kept with, by trial of the releases on npm (docs/broker.md, "Codex
 * versions"): 0.153.4 knows no `thread_unload_delay_secs`, so a finished job's thread stays loaded. `codex resume` of it
 * then fails ("already has an active writer"), and each job waits 4 s for its release in vain.
 */
export const OLDEST_CODEX = '0.154.0';

/** What builds of Codex's own source call themselves: of any age, so it says nothing. */
const BUILT_FROM_SOURCE = '0.0.0';

/** The refusal of a Codex that is too old for us, or undefined; of a version that says nothing, too. */
export function refusalOf(version: string): CompanionError | undefined {
  if (version === BUILT_FROM_SOURCE || !isOlder(version, OLDEST_CODEX)) return undefined;
  return new CompanionError(
    'codex-unsupported',
    `Codex ${version} is too old: codex-companion needs ${OLDEST_CODEX} or newer.`,
    { hint: 'npm install -g @openai/codex@latest' },
  );
}

/** The version in what Codex answers to `initialize`: "codex-companion/0.169.0 (Debian …)"; "" where it has none. */
export function versionIn(userAgent: string): string {
  return /^[^/]*\/(\d+\.\d+\.\d+\S*)/.exec(userAgent)?.[1] ?? '';
}

/** By the three numbers: a preview of a release counts as that release. */
function isOlder(version: string, than: string): boolean {
  const [found, needed] = [numbersOf(version), numbersOf(than)];
  const place = found.findIndex((number, index) => number !== needed[index]);
  return place >= 0 && Number(found[place]) < Number(needed[place]);
}

function numbersOf(version: string): string[] {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1) ?? [];
}
