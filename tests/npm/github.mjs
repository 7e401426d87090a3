// usage: node github.mjs validate FILE… | node github.mjs evaluate <REQUESTS
//
// GitHub's own parser of workflows and actions, and its own evaluator of expressions.
//
// validate: prints one JSON object, for each file the list of what is wrong with it.
// evaluate: each line of REQUESTS is {contexts: {…}, status: "success" | "failure" | "cancelled",
//           value: …}; answers each by a line, the value with every "${{ … }}" in its strings
//           evaluated.
import {readFileSync} from "node:fs";
import {register} from "node:module";
import {basename} from "node:path";
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";

// The parser imports JSON as bundlers know it, without an attribute.
const hooks = `
import {readFileSync} from "node:fs";
export async function load(url, context, next) {
    if (!url.endsWith(".json")) return next(url, context);
    const source = "export default " + readFileSync(new URL(url), "utf8");
    return {format: "module", shortCircuit: true, source};
}`;
register("data:text/javascript," + encodeURIComponent(hooks));

const load = (path) =>
    import(pathToFileURL(`${process.env.HEADWAY_NPM}/node_modules/@actions/${path}`).href);

async function validate(files) {
    const {parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter} =
        await load("workflow-parser/dist/index.js");
    const {parseAction, convertActionTemplate} = await load("workflow-parser/dist/actions/index.js");
    const found = {};
    for (const file of files) {
        const isAction = /^action\.ya?ml$/.test(basename(file));
        const content = readFileSync(file, "utf8");
        const parse = isAction ? parseAction : parseWorkflow;
        const {context, value} = parse({name: file, content}, new NoOperationTraceWriter());
        if (value && context.errors.getErrors().length === 0) {
            await (isAction ? convertActionTemplate : convertWorkflowTemplate)(context, value);
        }
        found[file] = context.errors.getErrors().map((error) => error.message);
    }
    return found;
}

function evaluate({data, Evaluator, Lexer, Parser}, reviver, {contexts, status, value}) {
    const holds = {
        success: status === "success",
        failure: status === "failure",
        cancelled: status === "cancelled",
        always: true,
    };
    const functions = new Map(Object.entries(holds).map(([name, right]) => [
        name, {name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(right)},
    ]));
    const known = JSON.parse(JSON.stringify(contexts), reviver);

    const result = (expression) => {
        const {tokens} = new Lexer(expression).lex();
        const tree = new Parser(tokens, Object.keys(contexts), [...functions.values()]).parse();
        return new Evaluator(tree, known, functions).evaluate();
    };
    const whole = /^\$\{\{((?:[^}']|'[^']*'|\}(?!\}))*)\}\}$/;
    const part = /\$\{\{((?:[^}']|'[^']*'|\}(?!\}))*)\}\}/g;
    const expand = (node) => {
        if (typeof node === "string") {
            const alone = whole.exec(node);
            if (alone) return JSON.parse(JSON.stringify(result(alone[1]), data.replacer));
            return node.replace(part, (_, expression) => result(expression).coerceString());
        }
        if (Array.isArray(node)) return node.map(expand);
        if (node && typeof node === "object") {
            return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, expand(one)]));
        }
        return node;
    };
    return expand(value);
}

async function serve() {
    const expressions = await load("expressions/dist/index.js");
    const {reviver} = await load("expressions/dist/data/reviver.js");
    for await (const line of createInterface({input: process.stdin})) {
        const value = evaluate(expressions, reviver, JSON.parse(line));
        process.stdout.write(JSON.stringify(value ?? null) + "\n");
    }
}

const [command, ...files] = process.argv.slice(2);
if (command === "validate") {
    process.stdout.write(JSON.stringify(await validate(files)));
} else {
    await serve();
}
