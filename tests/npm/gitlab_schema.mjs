// usage: node gitlab_schema.mjs
//
// Prints GitLab's own JSON Schema of .gitlab-ci.yml, as it is inside the gitlab-ci-local that
// cmake/npm installs below the folder that HEADWAY_NPM names: an object literal of its bundle.
import {readFileSync} from "node:fs";

const bundle = readFileSync(
    process.env.HEADWAY_NPM + "/node_modules/gitlab-ci-local/dist/index.js", "utf8");
const mark = bundle.indexOf('$id:"https://gitlab.com/.gitlab-ci.yml"');
const start = bundle.lastIndexOf("{", mark);
if (mark < 0 || start < 0) {
    throw new Error("no schema in this gitlab-ci-local");
}

// The literal ends with the brace that closes its first one; braces within strings do not count.
const piece = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[{}]/gsy;
const skip = /[^"'`{}]+/gsy;
let depth = 0;
let end = start;
do {
    skip.lastIndex = end;
    end = skip.test(bundle) ? skip.lastIndex : end;
    piece.lastIndex = end;
    const [token] = piece.exec(bundle);
    depth += token === "{" ? 1 : token === "}" ? -1 : 0;
    end = piece.lastIndex;
} while (depth > 0);

const schema = new Function(`"use strict"; return ${bundle.slice(start, end)};`)();
process.stdout.write(JSON.stringify(schema, null, 1));
