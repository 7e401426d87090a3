// usage: node yaml.mjs FILE…
//
// Prints a list of what YAML files hold as JSON, with anchors and merge keys resolved.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const yaml = createRequire(process.env.HEADWAY_NPM + "/")("js-yaml");
const read = (path) => yaml.load(readFileSync(path, "utf8"), {filename: path});
process.stdout.write(JSON.stringify(process.argv.slice(2).map(read)));
