import { realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import type { Environment } from '../../process/environment.ts';
import { SYSTEM } from '../../process/platform/this-platform.ts';
import { type Answer, type Question, runProgram } from '../../process/program/run-program.ts';
import { isProgram, trustedPath } from '../../process/search-path.ts';
import { directoryOrRoot } from '../../process/spawn.ts';

/** How to start Codex: `command` with `args` before its own, and `environment` on top of the caller's. */
export interface CodexProgram {
  command: string;
  args: string[];
  environment: Record<string, string>;
  /** `native`: one process · `node-wrapper`: node, which stays as the parent of the native one where it cannot exec */
  kind: 'native' | 'node-wrapper';
}

const INSTALL_HINT = 'npm install -g @openai/codex, then: codex login';
const VERSION_LIMIT_MS = 10_000;

/**
 * Finds Codex on the trusted part of the PATH, and not in `workspace` (its canonical root, or null). Behind the npm
 * package's `bin/codex.js` the native program is taken itself: no second process to outlive it, and it needs no node on
 * PATH.
 * @throws CompanionError `codex-missing`
 */
export function locateCodex(
  environment: Environment,
  workspace: string | null,
  platform: NodeJS.Platform = SYSTEM,
): CodexProgram {
  const trusted = trustedPath(environment, workspace);
  for (const directory of trusted.split(path.delimiter).filter(Boolean)) {
    const program = platform === 'win32' ? inWindowsDirectory(directory) : inDirectory(directory);
    if (program) return program;
  }
  const passedOver = workspace !== null && isOnPath(environment, platform);
  const where = passedOver ? ` outside ${workspace}, whose own programs are not run` : '';
  throw new CompanionError('codex-missing', `No \`codex\` program on PATH${where}.`, { hint: INSTALL_HINT });
}

function isOnPath(environment: Environment, platform: NodeJS.Platform): boolean {
  try {
    locateCodex(environment, null, platform);
    return true;
  } catch (error) {
    if (error instanceof CompanionError) return false;
    throw error;
  }
}

/**
 * The version as `codex --version` prints it, e.g. "0.169.0".
 * @throws CompanionError `codex-failed` where it cannot be run or prints none
 */
export async function codexVersion(
  program: CodexProgram,
  environment: Record<string, string>,
  workspace: string | null,
): Promise<string> {
  const question = { environment, workspace, limitMs: VERSION_LIMIT_MS };
  const answer = await askCodex(program, ['--version'], question);
  const version = /\b(\d+\.\d+\.\d+\S*)/.exec(answer.stdout)?.[1];
  if (version !== undefined) return version;
  const found = answer.succeeded
    ? `it printed ${JSON.stringify(answer.stdout.slice(0, 200))}`
    : answer.sentence;
  throw new CompanionError('codex-failed', `${program.command} told no version: ${found}.`, {
    hint: `Reinstall it: ${INSTALL_HINT}`,
  });
}

/** Runs a command of Codex to its end, in the workspace's root. */
export function askCodex(
  program: CodexProgram,
  args: string[],
  { environment, workspace, limitMs }: Pick<Question, 'environment' | 'workspace' | 'limitMs'>,
): Promise<Answer> {
  return runProgram(program.command, [...program.args, ...args], {
    environment: { ...environment, ...program.environment },
    workspace: null,
    cwd: directoryOrRoot(workspace),
    limitMs,
  });
}

function inDirectory(directory: string): CodexProgram | undefined {
  const candidate = path.join(directory, 'codex');
  if (!isProgram(candidate)) return undefined;
  const script = realpathSync(candidate);
  if (path.basename(script) !== 'codex.js') return native(candidate);
  return behindWrapper(script);
}

/** npm writes `codex.cmd` beside `node_modules`; node cannot start a .cmd without a shell, so its script is taken. */
function inWindowsDirectory(directory: string): CodexProgram | undefined {
  const program = path.join(directory, 'codex.exe');
  if (isFile(program)) return native(program);
  const script = path.join(directory, 'node_modules', '@openai', 'codex', 'bin', 'codex.js');
  return isFile(path.join(directory, 'codex.cmd')) && isFile(script)
    ? behindWrapper(realpathSync(script))
    : undefined;
}

function native(command: string): CodexProgram {
  return { command, args: [], environment: {}, kind: 'native' };
}

/** What bin/codex.js of @openai/codex 0.169 does, less the guess at the package manager (for its update hint only). */
function behindWrapper(script: string): CodexProgram {
  const program = nativeProgram(script);
  if (!program) return { command: process.execPath, args: [script], environment: {}, kind: 'node-wrapper' };
  const root = path.dirname(path.dirname(script));
  return { ...native(program), environment: { CODEX_MANAGED_BY_NPM: '1', CODEX_MANAGED_PACKAGE_ROOT: root } };
}

const TRIPLES: Record<string, string> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
  'win32-arm64': 'aarch64-pc-windows-msvc',
};

function nativeProgram(script: string): string | undefined {
  const target = `${SYSTEM}-${process.arch}`;
  const triple = TRIPLES[target];
  const manifest = triple && resolveFrom(script, `@openai/codex-${target}/package.json`);
  if (!manifest) return undefined;
  const name = SYSTEM === 'win32' ? 'codex.exe' : 'codex';
  const program = path.join(path.dirname(manifest), 'vendor', triple, 'bin', name);
  return isProgram(program) ? program : undefined;
}

function resolveFrom(script: string, specifier: string): string | undefined {
  try {
    return createRequire(script).resolve(specifier);
  } catch {
    return undefined; // not installed beside it, or a layout we do not know: the wrapper knows its own
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
