// usage: node validate.mjs SCHEMA FILE…
//
// Validates YAML or JSON files against a JSON Schema (draft 7 or 2020-12). Prints one JSON object:
// for each file the list of what is wrong, empty when nothing is. Its packages are those of
// cmake/npm, found below the folder that HEADWAY_NPM names.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const require = createRequire(process.env.HEADWAY_NPM + "/");
const yaml = require("js-yaml");
const addFormats = require("ajv-formats");

// YAML 1.2, in which a date is text, as editors read it; and "<<", which everybody knows.
const core = yaml.CORE_SCHEMA.extend({implicit: [yaml.types.merge]});
const read = (path) => yaml.load(readFileSync(path, "utf8"), {filename: path, schema: core});

const [schemaPath, ...files] = process.argv.slice(2);
const schema = JSON.parse(readFileSync(schemaPath, "utf8"));
const Ajv = require(/2020-12/.test(schema.$schema) ? "ajv/dist/2020" : "ajv").default;
const compile = (unicodeRegExp) => {
    const ajv = new Ajv({allErrors: true, strict: false, allowUnionTypes: true, unicodeRegExp});
    addFormats.default(ajv);
    return ajv.compile(schema);
};
let validate;
try {
    validate = compile(true);
} catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Some schemas escape more in their patterns than Unicode ones may.
    validate = compile(false);
}

const found = {};
for (const file of files) {
    const right = validate(read(file));
    found[file] = right ? [] : validate.errors.map((error) => ({
        where: error.instancePath,
        what: error.message,
        rule: error.schemaPath,
        details: error.params,
    }));
}
process.stdout.write(JSON.stringify(found));
