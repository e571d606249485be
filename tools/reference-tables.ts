import { DEFAULT_SETTINGS } from '../scripts/domain/workspace/workspace-state.ts';
import { COMMON_HELP } from '../scripts/faces/cli/common-help.ts';
import { SETTINGS, type SettingName } from '../scripts/faces/cli/settings.ts';
import { VERBS } from '../scripts/faces/cli/verbs.ts';

const PROGRAM = 'codex-companion ';

/** How each verb is called, and its line in the help. */
export async function verbTable(): Promise<string> {
  const rows: string[][] = [];
  for (const [verb, { summary, load }] of Object.entries(VERBS)) {
    const { help } = await load();
    const usage = usageOf(help).map((line) => code(line.replace(PROGRAM, '')));
    rows.push([usage.join(' · ') || code(verb), summary]);
  }
  return table(['on the command line', ''], rows);
}

/** The help of every verb. */
export async function commandsPage(): Promise<string> {
  const sections: string[] = [];
  for (const [verb, { summary, load }] of Object.entries(VERBS)) {
    const { help } = await load();
    const own = help
      .replace(COMMON_HELP, '')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
    sections.push(`## ${verb}\n\n${sentence(summary)}\n\n\`\`\`text\n${own}\n\`\`\``);
  }
  return `# Commands

Generated from the verbs' own help by \`npm run reference\`.

\`\`\`text
${COMMON_HELP}
\`\`\`

${sections.join('\n\n')}
`;
}

/** Each setting by its name in settings.json. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([name, { option, meaning }]) => [
    code(name),
    defaultOf(name as SettingName),
    code(option),
    meaning,
  ]);
  return table(['setting', 'default', '`setup`', 'meaning'], rows);
}

/** The text with other lines between the marks of a name. Throws where it has not both. */
export function withRegion(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: npm run reference -->\n`, `<!-- end of ${name} -->\n`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`There are no marks for the ${name}: ${begin.trim()} … ${end.trim()}`);
  return `${text.slice(0, from)}${begin}\n${content}\n\n${text.slice(to)}`;
}

/** Not in settings.json: a file of the state's root says that it is off. */
function defaultOf(name: SettingName): string {
  return code(JSON.stringify(name === 'promoteBackground' ? true : DEFAULT_SETTINGS[name]));
}

function usageOf(help: string): string[] {
  const [, lines = ''] = /^Usage: ((?:.+\n)+)/m.exec(help) ?? [];
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
