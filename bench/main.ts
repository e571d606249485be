/**
 * The budgets, measured: `npm run bench` (all) or `npm run bench -- hook enqueue` (some). One table at the end.
 * Each figure is a ratio of two things measured in turn in this run, or a time, with its spread. Nothing here passes or
 * fails; absolute times of a shared machine mean little, ratios say more.
 */
import { loadavg } from 'node:os';
import { broker } from './broker.ts';
import { digest } from './digest.ts';
import { enqueue } from './enqueue.ts';
import { hook } from './hook.ts';
import { lexer } from './lexer.ts';
import { memory } from './memory.ts';
import { output } from './output.ts';
import { past } from './past.ts';
import { status } from './status.ts';
import { type Figure, type Row, table } from './table.ts';
import { wait } from './wait.ts';

const BUDGETS: Record<string, () => Figure[] | Promise<Figure[]>> = {
  ...{ hook, enqueue, wait, output, memory, status, past, digest, broker, lexer },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BUDGETS));
if (unknown.length > 0) {
  console.error(`No budget is called ${unknown.join(', ')}. There are: ${Object.keys(BUDGETS).join(', ')}`);
  process.exitCode = 2;
} else await measureAll(wanted.length > 0 ? wanted : Object.keys(BUDGETS));

async function measureAll(names: string[]): Promise<void> {
  const rows: Row[] = [];
  for (const budget of names) {
    console.error(`measuring: ${budget}`);
    const load = (loadavg()[0] ?? 0).toFixed(1);
    for (const figure of await measured(budget)) rows.push({ budget, load, ...figure });
  }
  console.log(table(rows));
}

/** One that cannot be measured does not hide the others. */
async function measured(budget: string): Promise<Figure[]> {
  try {
    return (await BUDGETS[budget]?.()) ?? [];
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return [{ what: 'not measured', figure: '', detail: (error as Error).message.split('\n', 1)[0] ?? '' }];
  }
}
