import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Environment } from '../../process/environment.ts';
import { here } from '../../process/identity.ts';
import { readPlainFile } from '../../state/files/plain-file.ts';
import type { CodexProgram } from '../program/locate.ts';

/** Codex's own files are smaller. Bytes. */
const CODEX_FILE_LIMIT = 4 * 1024 * 1024;

export interface BrokerConditions {
  program: CodexProgram;
  environment: Environment;
  /** where its app-server stands */
  workspaceRoot: string;
  /** directory of the bundles that the broker would run from */
  runtime: string;
}

/**
 * What a broker may be shared for, as a hash. Its app-server took all of this from whoever started it, so a newcomer
 * with another Codex, another CODEX_HOME or account, other keys or another version of us gets a broker of its own,
 * beside the first. The hash is cut short and bound to this boot: no key can be had back from it.
 */
export function brokerFingerprint({
  program,
  environment,
  workspaceRoot,
  runtime,
}: BrokerConditions): string {
  const home = codexHome(environment);
  const conditions = {
    place: here(),
    runtime: basename(runtime),
    directory: directoryIdentity(workspaceRoot),
    codex: [program.command, ...program.args].map(fileIdentity),
    home,
    account: accountIn(home),
    variables: decisiveVariables(environment, home),
  };
  return createHash('sha256').update(JSON.stringify(conditions)).digest('hex').slice(0, 24);
}

function codexHome(environment: Environment): string {
  return environment.CODEX_HOME || join(environment.HOME ?? '', '.codex');
}

/** An update of Codex changes its file: telling that way costs nothing, while `codex --version` loads 290 MB. */
function fileIdentity(file: string): unknown {
  const stat = statSync(file, { throwIfNoEntry: false });
  return [file, stat?.ino, stat?.size, stat?.mtimeMs];
}

/** One that was deleted and made again is another one: what stands in the first can read nothing there. */
function directoryIdentity(directory: string): unknown {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return [stat?.ino, stat?.birthtimeMs];
}

/** auth.json is rewritten whenever a token is refreshed, so the account is taken and not the file. */
function accountIn(home: string): unknown {
  try {
    const auth: unknown = JSON.parse(readPlainFile(join(home, 'auth.json'), CODEX_FILE_LIMIT));
    const { tokens, OPENAI_API_KEY: key } = auth as {
      tokens?: { account_id?: unknown };
      OPENAI_API_KEY?: unknown;
    };
    return [tokens?.account_id ?? null, key ?? null];
  } catch {
    return null; // not logged in, or by other means; Codex itself says so where it matters
  }
}

const ALWAYS_DECISIVE = /^(OPENAI_|CODEX_API_KEY$|CODEX_CA|SSL_CERT_|(HTTPS?|ALL|NO)_PROXY$)/i;

/** The variables that the app-server itself uses: known ones, and those that the user's config names (`env_key = …`). */
function decisiveVariables(environment: Environment, home: string): [string, string | undefined][] {
  const named = new Set(configText(home).match(/[A-Za-z_][A-Za-z0-9_]*/g));
  return Object.keys(environment)
    .filter((name) => ALWAYS_DECISIVE.test(name) || (named.has(name) && /[A-Z]/.test(name)))
    .sort()
    .map((name) => [name, environment[name]]);
}

function configText(home: string): string {
  try {
    return readPlainFile(join(home, 'config.toml'), CODEX_FILE_LIMIT);
  } catch {
    return ''; // none is fine
  }
}
