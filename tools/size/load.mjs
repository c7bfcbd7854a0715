// Runs load.py on MicroPython's WebAssembly port: node load.mjs LOAD_PY ARGUMENTS, in the tree.
import fs from "fs";
import path from "path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const [script, request] = process.argv.slice(2);
const python = await loadMicroPython({ heapsize: 2 * 1024 * 1024, stdout: (line) => console.log(line) });

function copy(from, to) {
  python.FS.mkdir(to);
  for (const name of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, name), `${to}/${name}`];
    if (fs.statSync(source).isDirectory()) copy(source, target);
    else python.FS.writeFile(target, fs.readFileSync(source));
  }
}

copy(".", "/tree");
try {
  python.runPython(`import sys\nsys.path.insert(0, "/tree")`);
  python.runPython(fs.readFileSync(script, "utf8"));
  python.runPython(`measure(${JSON.stringify(request)})`);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
