// usage: node documents.mjs FILE…
//
// Prints one JSON object: for each YAML file the list of its documents. js-yaml comes from the
// folder that HEADWAY_NPM names, see cmake/npm.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const yaml = createRequire(process.env.HEADWAY_NPM + "/")("js-yaml");
const found = {};
for (const file of process.argv.slice(2)) {
    found[file] = yaml.loadAll(readFileSync(file, "utf8"), null, {filename: file});
}
process.stdout.write(JSON.stringify(found));
