/** Compiles `json-scan.ts` to WebAssembly, and writes that as a module: whoever imports it needs no file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = 'assembly/json-scan.ts';
/** Six pages: a window of the text, and the members that may end in it. It never grows. */
const PAGES = '6';

const OPTIONS = [
  `--baseDir=${FOLDER}`,
  '--outFile=json-scan.wasm',
  '--runtime=stub',
  '--use=abort=',
  '-O3',
  '--noAssert',
  '--enable=simd',
  `--initialMemory=${PAGES}`,
  `--maximumMemory=${PAGES}`,
];

let wasm;
const { error, stderr } = await main([SOURCE, ...OPTIONS], {
  writeFile: (_, contents) => void (wasm = contents),
});
if (error || !wasm) {
  process.stderr.write(`${stderr.toString()}\n`);
  process.exit(1);
}
const generated = join(FOLDER, 'src', 'generated');
mkdirSync(generated, { recursive: true });
writeFileSync(
  join(generated, 'json-scan.ts'),
  `// Made from ${SOURCE}.\nexport const JSON_SCAN = '${Buffer.from(wasm).toString('base64')}';\n`,
);
