/** Run the script that stands behind them, which tells more. */
const INTERPRETERS = new Set(
  `sh bash dash zsh fish node nodejs deno bun tsx ts-node python python2 python3 ruby perl php java npx bunx uvx sudo env time nice nohup exec`.split(
    ' ',
  ),
);

/** Do a different thing by each of their words. */
const RUNNERS = new Set(
  `npm pnpm yarn bun cargo go make just rake mvn gradle gradlew docker git poetry uv dotnet composer`.split(
    ' ',
  ),
);

const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/**
 * What people would call a command that they gave no name: `npm test` of `npm test -- --watch`, `bar` of `bash bar.sh`, `pytest`
 * of `/usr/bin/pytest -x`. @param line the command as it is typed, perhaps cut short
 */
export function shortNameOf(line: string): string {
  // A text for a shell often begins by going somewhere.
  const words = line
    .replace(/^(?:cd [^&;]*(?:&&|;)\s*)+/, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const from = words.findIndex((word) => !ASSIGNMENT.test(word));
  const [first = '', ...rest] = words.slice(Math.max(0, from));
  const name = lastPart(first);
  const next = rest.find((word) => !word.startsWith('-') && !ASSIGNMENT.test(word));
  const isPlain = next !== undefined && /^[\w@./:+-]+$/.test(next);
  if (RUNNERS.has(name) && isPlain)
    return next === 'run' ? afterRun(name, rest) : `${name} ${lastPart(next)}`;
  if (INTERPRETERS.has(name) && isPlain && rest[0] === next) return shortNameOf(rest.join(' '));
  return withoutExtension(name) || line;
}

/** `npm run dev` is called dev. */
function afterRun(name: string, rest: readonly string[]): string {
  const script = rest[rest.indexOf('run') + 1];
  return script !== undefined && /^[\w:.-]+$/.test(script) ? script : `${name} run`;
}

function lastPart(path: string): string {
  return (
    path
      .replace(/^['"]+|['"]+$/g, '')
      .split('/')
      .at(-1) ?? path
  );
}

function withoutExtension(name: string): string {
  return name.replace(/(.)\.(?:[cm]?[jt]sx?|sh|py|rb|pl|php)$/, '$1');
}
