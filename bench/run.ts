import { loadavg } from 'node:os';
import { stopAll } from './child.ts';
import { makeHome } from './home.ts';
import { measureMemory } from './memory.ts';
import { readOptions, usage } from './options.ts';
import { formatReport, type Report } from './report.ts';
import { runBenchmark } from './run-benchmark.ts';
import { measureStartUp } from './start-up.ts';
import { measureThroughput } from './throughput.ts';

/** `npm run bench`: measures everything in one run, compared with a bare node:http server on the same machine. */
await runBenchmark(usage, async () => {
  const options = readOptions(process.argv.slice(2));
  const [loadBefore = 0] = loadavg();
  const home = await makeHome(options.bin);
  try {
    process.stderr.write('measuring start and memory …\n');
    const startUp = await measureStartUp(home, options.rounds);
    const memory = await measureMemory(home);
    process.stderr.write(`measuring requests, ${options.rounds} rounds …\n`);
    const report: Report = {
      loadBefore,
      startUp,
      memory,
      throughput: await measureThroughput(home, options),
    };
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`);
  } finally {
    await stopAll();
    await home.remove();
  }
});
