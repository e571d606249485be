import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import { SYSTEM } from '../../process/platform/this-platform.ts';

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
 * Finds Codex on a PATH (the value, as the shell has it). Behind the npm package's `bin/codex.js` the native program is
 * taken itself: no second process to outlive it, and it needs no node on PATH. Relative entries are passed over, so
 * that a checked-out directory cannot plant a `codex`.
 * @throws CompanionError `codex-missing`
 */
export function locateCodex(searchPath: string, platform: NodeJS.Platform = SYSTEM): CodexProgram {
  for (const directory of searchPath.split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const program = platform === 'win32' ? inWindowsDirectory(directory) : inDirectory(directory);
    if (program) return program;
  }
  throw new CompanionError('codex-missing', 'No `codex` program on PATH.', { hint: INSTALL_HINT });
}

/**
 * The version as `codex --version` prints it, e.g. "0.169.0".
 * @throws CompanionError `codex-failed` where it cannot be run or prints none
 */
export async function codexVersion(
  program: CodexProgram,
  environment: Record<string, string>,
): Promise<string> {
  const { stdout, problem } = await run(program, ['--version'], environment);
  const version = /\b(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  if (version !== undefined) return version;
  const found = problem ?? `it printed ${JSON.stringify(stdout.slice(0, 200))}`;
  throw new CompanionError('codex-failed', `\`${program.command} --version\` told no version: ${found}.`, {
    hint: `Reinstall it: ${INSTALL_HINT}`,
  });
}

function inDirectory(directory: string): CodexProgram | undefined {
  const candidate = path.join(directory, 'codex');
  if (!isExecutable(candidate)) return undefined;
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
  return isExecutable(program) ? program : undefined;
}

function resolveFrom(script: string, specifier: string): string | undefined {
  try {
    return createRequire(script).resolve(specifier);
  } catch {
    return undefined; // not installed beside it, or a layout we do not know: the wrapper knows its own
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isFile(file);
  } catch {
    return false; // absent, or not ours to run: the shell would pass it over too
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function run(program: CodexProgram, args: string[], environment: Record<string, string>) {
  return new Promise<{ stdout: string; problem?: string }>((resolve) => {
    const env = { ...environment, ...program.environment };
    const options = {
      env,
      cwd: path.parse(program.command).root,
      timeout: VERSION_LIMIT_MS,
      encoding: 'utf8',
    } as const;
    const child = execFile(program.command, [...program.args, ...args], options, (error, stdout, stderr) =>
      resolve(error ? { stdout, problem: stderr.trim().slice(-500) || error.message } : { stdout }),
    );
    child.stdin?.end();
  });
}
