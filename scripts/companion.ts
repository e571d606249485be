import { main } from './faces/cli/main.ts';

process.exitCode = await main(process.argv.slice(2), import.meta.filename);
